/*
 * Results of an expression as JSON, for people and answers: System values as JSON has them (dates
 * and times as text, a quantity as {value, unit}), elements of JSON documents as they are, elements
 * of other documents as their text.
 *
 * Thread  any.
 */
#ifndef ZS_FHIRPATH_RESULT_H
#define ZS_FHIRPATH_RESULT_H

#include "fhirpath/value.h"

#include "json/jw.h"

/* One value of the writer. a: for decoded text. RC_NOMEM; RC_VALUE FP-104 for an element of another
 * kind of document that has no value of its own. */
enum rc fp_result_write(struct jw *w, const struct fp_value *v, struct arena *a,
                        struct err *e) ZS_CHECK;

#endif
