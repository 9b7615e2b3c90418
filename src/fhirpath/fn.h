/*
 * Inside of the evaluator: the functions of the language, by the file they stand in. Each takes
 * [input][arguments …] from the top of the stack and leaves one collection (fp_int.h).
 */
#ifndef ZS_FHIRPATH_FN_H
#define ZS_FHIRPATH_FN_H

#include "fhirpath/fp_int.h"

/* fn_collection.c: existence, subsets, combining, sorting */
fp_fn fp_fn_empty, fp_fn_exists, fp_fn_not, fp_fn_all_true, fp_fn_any_true, fp_fn_all_false,
    fp_fn_any_false, fp_fn_subset_of, fp_fn_superset_of, fp_fn_count, fp_fn_distinct,
    fp_fn_is_distinct, fp_fn_single, fp_fn_first, fp_fn_last, fp_fn_tail, fp_fn_skip, fp_fn_take,
    fp_fn_intersect, fp_fn_exclude, fp_fn_combine, fp_fn_sort;

/* fn_string.c */
fp_fn fp_fn_index_of, fp_fn_last_index_of, fp_fn_substring, fp_fn_starts_with, fp_fn_ends_with,
    fp_fn_contains, fp_fn_upper, fp_fn_lower, fp_fn_replace, fp_fn_matches, fp_fn_matches_full,
    fp_fn_replace_matches, fp_fn_length, fp_fn_to_chars, fp_fn_split, fp_fn_join, fp_fn_trim;

/* fn_encode.c */
fp_fn fp_fn_encode, fp_fn_decode, fp_fn_escape, fp_fn_unescape;

/* fn_convert.c */
fp_fn fp_fn_to_boolean, fp_fn_to_integer, fp_fn_to_decimal, fp_fn_to_string, fp_fn_to_date,
    fp_fn_to_date_time, fp_fn_to_time, fp_fn_to_quantity, fp_fn_converts_to_boolean,
    fp_fn_converts_to_integer, fp_fn_converts_to_decimal, fp_fn_converts_to_string,
    fp_fn_converts_to_date, fp_fn_converts_to_date_time, fp_fn_converts_to_time,
    fp_fn_converts_to_quantity;

/* fn_math.c */
fp_fn fp_fn_abs, fp_fn_ceiling, fp_fn_floor, fp_fn_truncate, fp_fn_round, fp_fn_sqrt, fp_fn_power,
    fp_fn_exp, fp_fn_ln, fp_fn_log;

/* fn_tree.c: navigation, time, type, trace */
fp_fn fp_fn_children, fp_fn_descendants, fp_fn_extension, fp_fn_has_value, fp_fn_get_value,
    fp_fn_type, fp_fn_trace, fp_fn_now, fp_fn_today, fp_fn_time_of_day;

#endif
