/* dialplan.h - how telephone numbers are dialled in each country (ITU-T E.164, E.123; national numbering plans). */
#ifndef EXPUNGE_DIALPLAN_H
#define EXPUNGE_DIALPLAN_H

#include "base/base.h"

struct dialplan {
    char country[3];       /* ISO 3166 alpha-2 */
    char code[4];          /* country calling code; for some of the small +1 countries still "1" */
    char trunk[3];         /* dialled before a national number; empty: nothing is */
    char international[5]; /* dialled before a country code */
    unsigned char digits_min, digits_max; /* of a national number without the trunk prefix; 0: not listed */
};

/* NULL: no such country. Case does not matter; "UK" is taken as GB. */
const struct dialplan *dialplan_of_country(struct str country);
/* By the digits of an international number, the longest code that fits; of several countries the main one. */
const struct dialplan *dialplan_of_number(struct str digits);

#endif
