/*
 * The table of functions: name, number of arguments, form of its call, what carries it out. Those
 * of the language that are not there yet stand here too, so that they are refused by name. Tests:
 * fn_test.c
 */
#include "fhirpath/fn.h"

#define ARGS(name, min, max, fn)                                                                   \
    {                                                                                              \
        name, min, max, FP_FORM_ARGS, 0, fn                                                        \
    }
#define REGEX(name, n, fn)                                                                         \
    {                                                                                              \
        name, n, n, FP_FORM_ARGS, FP_ARGS_REGEX, fn                                                \
    }
#define LOOP(name, min, loop, fn)                                                                  \
    {                                                                                              \
        name, min, 1, FP_FORM_LOOP, loop, fn                                                       \
    }
#define TYPE(name, op)                                                                             \
    {                                                                                              \
        name, 1, 1, FP_FORM_TYPE, op, NULL                                                         \
    }
#define LATER(name)                                                                                \
    {                                                                                              \
        name, 0, 0, FP_FORM_LATER, 0, NULL                                                         \
    }

const struct fp_func fp_funcs[] = {
    ARGS("abs", 0, 0, fp_fn_abs),
    { "aggregate", 1, 2, FP_FORM_AGGREGATE, 0, NULL },
    LOOP("all", 1, FP_LOOP_ALL, NULL),
    ARGS("allFalse", 0, 0, fp_fn_all_false),
    ARGS("allTrue", 0, 0, fp_fn_all_true),
    ARGS("anyFalse", 0, 0, fp_fn_any_false),
    ARGS("anyTrue", 0, 0, fp_fn_any_true),
    TYPE("as", FP_AS),
    ARGS("ceiling", 0, 0, fp_fn_ceiling),
    LATER("checkModifiers"),
    ARGS("children", 0, 0, fp_fn_children),
    LATER("coalesce"),
    ARGS("combine", 1, 1, fp_fn_combine),
    LATER("comparable"),
    LATER("conformsTo"),
    ARGS("contains", 1, 1, fp_fn_contains),
    ARGS("convertsToBoolean", 0, 0, fp_fn_converts_to_boolean),
    ARGS("convertsToDate", 0, 0, fp_fn_converts_to_date),
    ARGS("convertsToDateTime", 0, 0, fp_fn_converts_to_date_time),
    ARGS("convertsToDecimal", 0, 0, fp_fn_converts_to_decimal),
    ARGS("convertsToInteger", 0, 0, fp_fn_converts_to_integer),
    ARGS("convertsToQuantity", 0, 1, fp_fn_converts_to_quantity),
    ARGS("convertsToString", 0, 0, fp_fn_converts_to_string),
    ARGS("convertsToTime", 0, 0, fp_fn_converts_to_time),
    ARGS("count", 0, 0, fp_fn_count),
    ARGS("decode", 1, 1, fp_fn_decode),
    LATER("defineVariable"),
    ARGS("descendants", 0, 0, fp_fn_descendants),
    ARGS("distinct", 0, 0, fp_fn_distinct),
    LATER("elementDefinition"),
    ARGS("empty", 0, 0, fp_fn_empty),
    ARGS("encode", 1, 1, fp_fn_encode),
    ARGS("endsWith", 1, 1, fp_fn_ends_with),
    ARGS("escape", 1, 1, fp_fn_escape),
    ARGS("exclude", 1, 1, fp_fn_exclude),
    LOOP("exists", 0, FP_LOOP_EXISTS, fp_fn_exists),
    ARGS("exp", 0, 0, fp_fn_exp),
    ARGS("extension", 1, 1, fp_fn_extension),
    ARGS("first", 0, 0, fp_fn_first),
    ARGS("floor", 0, 0, fp_fn_floor),
    ARGS("getValue", 0, 0, fp_fn_get_value),
    ARGS("hasValue", 0, 0, fp_fn_has_value),
    LATER("highBoundary"),
    LATER("htmlChecks"),
    { "iif", 2, 3, FP_FORM_IIF, 0, NULL },
    ARGS("indexOf", 1, 1, fp_fn_index_of),
    ARGS("intersect", 1, 1, fp_fn_intersect),
    TYPE("is", FP_IS),
    ARGS("isDistinct", 0, 0, fp_fn_is_distinct),
    ARGS("join", 0, 1, fp_fn_join),
    ARGS("last", 0, 0, fp_fn_last),
    ARGS("lastIndexOf", 1, 1, fp_fn_last_index_of),
    ARGS("length", 0, 0, fp_fn_length),
    ARGS("ln", 0, 0, fp_fn_ln),
    ARGS("log", 1, 1, fp_fn_log),
    LATER("lowBoundary"),
    ARGS("lower", 0, 0, fp_fn_lower),
    REGEX("matches", 1, fp_fn_matches),
    REGEX("matchesFull", 1, fp_fn_matches_full),
    LATER("memberOf"),
    ARGS("not", 0, 0, fp_fn_not),
    ARGS("now", 0, 0, fp_fn_now),
    TYPE("ofType", FP_OFTYPE),
    ARGS("power", 1, 1, fp_fn_power),
    LATER("precision"),
    LOOP("repeat", 1, FP_LOOP_REPEAT, NULL),
    LATER("repeatAll"),
    ARGS("replace", 2, 2, fp_fn_replace),
    REGEX("replaceMatches", 2, fp_fn_replace_matches),
    LATER("resolve"),
    ARGS("round", 0, 1, fp_fn_round),
    LOOP("select", 1, FP_LOOP_SELECT, NULL),
    ARGS("single", 0, 0, fp_fn_single),
    ARGS("skip", 1, 1, fp_fn_skip),
    LATER("slice"),
    { "sort", 0, 16, FP_FORM_SORT, 0, fp_fn_sort },
    ARGS("split", 1, 1, fp_fn_split),
    ARGS("sqrt", 0, 0, fp_fn_sqrt),
    ARGS("startsWith", 1, 1, fp_fn_starts_with),
    ARGS("subsetOf", 1, 1, fp_fn_subset_of),
    ARGS("substring", 1, 2, fp_fn_substring),
    LATER("subsumedBy"),
    LATER("subsumes"),
    ARGS("supersetOf", 1, 1, fp_fn_superset_of),
    ARGS("tail", 0, 0, fp_fn_tail),
    ARGS("take", 1, 1, fp_fn_take),
    ARGS("timeOfDay", 0, 0, fp_fn_time_of_day),
    ARGS("toBoolean", 0, 0, fp_fn_to_boolean),
    ARGS("toChars", 0, 0, fp_fn_to_chars),
    ARGS("toDate", 0, 0, fp_fn_to_date),
    ARGS("toDateTime", 0, 0, fp_fn_to_date_time),
    ARGS("toDecimal", 0, 0, fp_fn_to_decimal),
    ARGS("toInteger", 0, 0, fp_fn_to_integer),
    ARGS("toQuantity", 0, 1, fp_fn_to_quantity),
    ARGS("toString", 0, 0, fp_fn_to_string),
    ARGS("toTime", 0, 0, fp_fn_to_time),
    ARGS("today", 0, 0, fp_fn_today),
    { "trace", 1, 2, FP_FORM_TRACE, 0, fp_fn_trace },
    ARGS("trim", 0, 0, fp_fn_trim),
    ARGS("truncate", 0, 0, fp_fn_truncate),
    ARGS("type", 0, 0, fp_fn_type),
    ARGS("unescape", 1, 1, fp_fn_unescape),
    ARGS("union", 1, 1, fp_op_union),
    ARGS("upper", 0, 0, fp_fn_upper),
    LOOP("where", 1, FP_LOOP_WHERE, NULL),
};
const size_t fp_n_funcs = ZS_COUNT(fp_funcs);

const struct fp_func *fp_func_find(struct str name)
{
    size_t low = 0, high = ZS_COUNT(fp_funcs);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(str_z(fp_funcs[mid].name), name);
        if (order == 0)
            return &fp_funcs[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const char *fp_func_nearest(struct str name)
{
    const char *names[ZS_COUNT(fp_funcs)];
    for (size_t i = 0; i < ZS_COUNT(fp_funcs); i++)
        names[i] = fp_funcs[i].name;
    return str_nearest(name, names, ZS_COUNT(names));
}
