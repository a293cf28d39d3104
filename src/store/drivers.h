/*
 * drivers.h - the list of store drivers: one line each, nothing else to register.
 */
STORE_DRIVER(folder) /* src/store/store_folder.c */
STORE_DRIVER(sql)    /* src/store/store_sql.c */
