/* drivers.h - stands before src/store/drivers.h when setup.c is compiled for the simulator: its driver is one more. */
STORE_DRIVER(folder) /* of the configuration that `init` writes */
STORE_DRIVER(sim)    /* tests/sim/parts/store.c */
