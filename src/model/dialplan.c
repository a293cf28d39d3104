/*
 * dialplan.c - the table. Countries that share a calling code share a plan.
 *
 * Codes: ITU-T E.164 assigned country codes. Prefixes and lengths: ITU operational bulletins ("Dialling procedures")
 * and national plans; lengths are given where numbers are short or where a calling code without '+' can be told from
 * them.
 */
#include "model/dialplan.h"

/* country, code, trunk; international prefix 00, lengths not listed */
#define PLAN(country, code, trunk) {country, code, trunk, "00", 0, 0}
#define SIZED(country, code, trunk, min, max) {country, code, trunk, "00", min, max}
#define NANP(country) {country, "1", "1", "011", 10, 10}

static const struct dialplan plans[] = {
    /* North America: one plan, 1 both as code and as trunk prefix */
    NANP("US"), NANP("CA"), NANP("PR"), NANP("VI"), NANP("GU"), NANP("AS"), NANP("MP"), NANP("AG"), NANP("AI"),
    NANP("BB"), NANP("BM"), NANP("BS"), NANP("DM"), NANP("DO"), NANP("GD"), NANP("JM"), NANP("KN"), NANP("KY"),
    NANP("LC"), NANP("MS"), NANP("SX"), NANP("TC"), NANP("TT"), NANP("VC"), NANP("VG"), NANP("UM"),
    /* Africa */
    SIZED("EG", "20", "0", 8, 10), PLAN("SS", "211", "0"), SIZED("MA", "212", "0", 9, 9), PLAN("EH", "212", "0"),
    SIZED("DZ", "213", "0", 8, 9), SIZED("TN", "216", "", 8, 8), PLAN("LY", "218", "0"), PLAN("GM", "220", ""),
    PLAN("SN", "221", ""), PLAN("MR", "222", ""), PLAN("ML", "223", ""), PLAN("GN", "224", ""), PLAN("CI", "225", ""),
    PLAN("BF", "226", ""), PLAN("NE", "227", ""), PLAN("TG", "228", ""), PLAN("BJ", "229", ""), PLAN("MU", "230", ""),
    PLAN("LR", "231", "0"), PLAN("SL", "232", "0"), SIZED("GH", "233", "0", 9, 9), {"NG", "234", "0", "009", 8, 10},
    PLAN("TD", "235", ""), PLAN("CF", "236", ""), PLAN("CM", "237", ""), PLAN("CV", "238", ""), PLAN("ST", "239", ""),
    PLAN("GQ", "240", ""), PLAN("GA", "241", ""), PLAN("CG", "242", ""), PLAN("CD", "243", "0"),
    PLAN("AO", "244", ""), PLAN("GW", "245", ""), PLAN("IO", "246", ""), SIZED("AC", "247", "", 5, 6),
    PLAN("SC", "248", ""), PLAN("SD", "249", "0"), PLAN("RW", "250", "0"), PLAN("ET", "251", "0"),
    PLAN("SO", "252", "0"), PLAN("DJ", "253", ""), {"KE", "254", "0", "000", 8, 10}, {"TZ", "255", "0", "000", 9, 9},
    {"UG", "256", "0", "000", 9, 9}, PLAN("BI", "257", ""), PLAN("MZ", "258", ""), PLAN("ZM", "260", "0"),
    PLAN("MG", "261", "0"), SIZED("RE", "262", "0", 9, 9), PLAN("YT", "262", "0"), PLAN("TF", "262", "0"),
    PLAN("ZW", "263", "0"), PLAN("NA", "264", "0"), PLAN("MW", "265", "0"), PLAN("LS", "266", ""),
    PLAN("BW", "267", ""), PLAN("SZ", "268", ""), PLAN("KM", "269", ""), SIZED("ZA", "27", "0", 9, 9),
    SIZED("SH", "290", "", 4, 5), PLAN("ER", "291", "0"), PLAN("AW", "297", ""), SIZED("FO", "298", "", 6, 6),
    SIZED("GL", "299", "", 6, 6),
    /* Europe */
    SIZED("GR", "30", "", 10, 10), SIZED("NL", "31", "0", 9, 9), SIZED("BE", "32", "0", 8, 9),
    SIZED("FR", "33", "0", 9, 9), SIZED("ES", "34", "", 9, 9), SIZED("GI", "350", "", 8, 8),
    SIZED("PT", "351", "", 9, 9), SIZED("LU", "352", "", 6, 11), SIZED("IE", "353", "0", 7, 9),
    SIZED("IS", "354", "", 7, 9), SIZED("AL", "355", "0", 8, 9), SIZED("MT", "356", "", 8, 8),
    SIZED("CY", "357", "", 8, 8), SIZED("FI", "358", "0", 7, 10), PLAN("AX", "358", "0"),
    SIZED("BG", "359", "0", 7, 9), SIZED("HU", "36", "06", 8, 9), SIZED("LT", "370", "8", 8, 8),
    SIZED("LV", "371", "", 8, 8), SIZED("EE", "372", "", 7, 8), SIZED("MD", "373", "0", 8, 8),
    SIZED("AM", "374", "0", 8, 8), {"BY", "375", "80", "810", 9, 9}, SIZED("AD", "376", "", 6, 9),
    SIZED("MC", "377", "", 8, 9), SIZED("SM", "378", "", 6, 10), SIZED("UA", "380", "0", 9, 9),
    SIZED("RS", "381", "0", 8, 9), SIZED("ME", "382", "0", 8, 8), PLAN("XK", "383", "0"),
    SIZED("HR", "385", "0", 8, 9), SIZED("SI", "386", "0", 8, 8), PLAN("BA", "387", "0"), PLAN("MK", "389", "0"),
    SIZED("IT", "39", "", 7, 11), SIZED("VA", "39", "", 7, 11), SIZED("RO", "40", "0", 9, 9),
    SIZED("CH", "41", "0", 9, 9), SIZED("CZ", "420", "", 9, 9), SIZED("SK", "421", "0", 9, 9), PLAN("LI", "423", ""),
    SIZED("AT", "43", "0", 7, 13), SIZED("GB", "44", "0", 9, 10), SIZED("GG", "44", "0", 9, 10),
    SIZED("IM", "44", "0", 9, 10), SIZED("JE", "44", "0", 9, 10), SIZED("DK", "45", "", 8, 8),
    SIZED("SE", "46", "0", 7, 9), SIZED("NO", "47", "", 8, 8), PLAN("SJ", "47", ""), SIZED("PL", "48", "", 9, 9),
    SIZED("DE", "49", "0", 7, 11),
    /* Latin America; in Mexico 1 stood before mobile numbers until 2019 and still does in many systems */
    SIZED("FK", "500", "", 5, 5), SIZED("GS", "500", "", 5, 5), PLAN("BZ", "501", ""), SIZED("GT", "502", "", 8, 8),
    SIZED("SV", "503", "", 8, 8), SIZED("HN", "504", "", 8, 8), SIZED("NI", "505", "", 8, 8),
    SIZED("CR", "506", "", 8, 8), SIZED("PA", "507", "", 7, 8), SIZED("PM", "508", "0", 6, 9), PLAN("HT", "509", ""),
    SIZED("PE", "51", "0", 8, 9), SIZED("MX", "52", "1", 10, 10), {"CU", "53", "0", "119", 6, 8},
    SIZED("AR", "54", "0", 10, 11), SIZED("BR", "55", "0", 10, 11), SIZED("CL", "56", "", 9, 9),
    SIZED("CO", "57", "0", 8, 10), SIZED("VE", "58", "0", 10, 10), SIZED("GP", "590", "0", 9, 9),
    PLAN("BL", "590", "0"), PLAN("MF", "590", "0"), SIZED("BO", "591", "0", 8, 8), {"GY", "592", "", "001", 7, 7},
    SIZED("EC", "593", "0", 8, 9), SIZED("GF", "594", "0", 9, 9), SIZED("PY", "595", "0", 7, 9),
    SIZED("MQ", "596", "0", 9, 9), SIZED("SR", "597", "", 6, 7), SIZED("UY", "598", "0", 8, 8), PLAN("CW", "599", ""),
    PLAN("BQ", "599", ""),
    /* South-East Asia and Oceania */
    SIZED("MY", "60", "0", 8, 10), {"AU", "61", "0", "0011", 9, 9}, {"CX", "61", "0", "0011", 9, 9},
    {"CC", "61", "0", "0011", 9, 9}, {"ID", "62", "0", "001", 8, 12}, SIZED("PH", "63", "0", 8, 10),
    SIZED("NZ", "64", "0", 8, 10), PLAN("PN", "64", "0"), {"SG", "65", "", "001", 8, 8},
    {"TH", "66", "0", "001", 8, 9}, PLAN("TL", "670", ""), SIZED("NF", "672", "", 6, 6), SIZED("AQ", "672", "", 6, 6),
    PLAN("BN", "673", ""), PLAN("NR", "674", ""), PLAN("PG", "675", ""), SIZED("TO", "676", "", 5, 7),
    SIZED("SB", "677", "", 5, 7), SIZED("VU", "678", "", 5, 7), PLAN("FJ", "679", ""), {"PW", "680", "", "011", 7, 7},
    SIZED("WF", "681", "", 6, 6), SIZED("CK", "682", "", 5, 5), SIZED("NU", "683", "", 4, 7),
    SIZED("WS", "685", "", 5, 7), SIZED("KI", "686", "", 5, 8), SIZED("NC", "687", "", 6, 6),
    SIZED("TV", "688", "", 5, 7), SIZED("PF", "689", "", 6, 8), SIZED("TK", "690", "", 4, 5),
    {"FM", "691", "", "011", 7, 7}, {"MH", "692", "1", "011", 7, 7},
    /* Russia and its neighbours; the rest of Asia */
    {"RU", "7", "8", "810", 10, 10}, {"KZ", "7", "8", "810", 10, 10}, {"JP", "81", "0", "010", 9, 10},
    {"KR", "82", "0", "001", 8, 10}, SIZED("VN", "84", "0", 9, 10), PLAN("KP", "850", "0"),
    {"HK", "852", "", "001", 8, 8}, SIZED("MO", "853", "", 8, 8), {"KH", "855", "0", "001", 8, 9},
    PLAN("LA", "856", "0"), SIZED("CN", "86", "0", 9, 11), SIZED("BD", "880", "0", 8, 10),
    {"TW", "886", "0", "002", 8, 9}, SIZED("TR", "90", "0", 10, 10), SIZED("IN", "91", "0", 10, 10),
    SIZED("PK", "92", "0", 9, 10), SIZED("AF", "93", "0", 9, 9), SIZED("LK", "94", "0", 9, 9), PLAN("MM", "95", "0"),
    PLAN("MV", "960", ""), SIZED("LB", "961", "0", 7, 8), SIZED("JO", "962", "0", 8, 9), PLAN("SY", "963", "0"),
    SIZED("IQ", "964", "0", 8, 10), SIZED("KW", "965", "", 8, 8), SIZED("SA", "966", "0", 8, 9),
    PLAN("YE", "967", "0"), SIZED("OM", "968", "", 8, 8), PLAN("PS", "970", "0"), SIZED("AE", "971", "0", 8, 9),
    SIZED("IL", "972", "0", 8, 9), SIZED("BH", "973", "", 8, 8), SIZED("QA", "974", "", 8, 8), PLAN("BT", "975", ""),
    {"MN", "976", "0", "001", 8, 8}, PLAN("NP", "977", "0"), SIZED("IR", "98", "0", 10, 10),
    {"TJ", "992", "8", "810", 9, 9}, {"TM", "993", "8", "810", 8, 8}, SIZED("AZ", "994", "0", 9, 9),
    SIZED("GE", "995", "0", 9, 9), SIZED("KG", "996", "0", 9, 9), {"UZ", "998", "8", "810", 9, 9},
};

const struct dialplan *dialplan_of_country(struct str country)
{
    if (str_eq_nocase(country, STR("UK")))
        country = STR("GB");
    if (country.n != 2)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(plans); i++)
        if (str_eq_nocase(country, (struct str){plans[i].country, 2}))
            return &plans[i];
    return NULL;
}

const struct dialplan *dialplan_of_number(struct str digits)
{
    const struct dialplan *best = NULL;
    size_t best_n = 0;
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        if (digits.n == 0 || plans[i].code[0] != digits.p[0])
            continue;
        struct str code = str_of(plans[i].code);
        if (code.n > best_n && str_starts(digits, code)) {
            best = &plans[i];
            best_n = code.n;
        }
    }
    return best;
}
