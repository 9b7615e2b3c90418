/*
 * Intrusive doubly linked list. The node lives in the object, so nothing is allocated and an object
 * leaves in constant time. A node is on one list at most; list_remove leaves it off every list.
 *
 *   struct job { struct list_node link; … };
 *   for (struct list_node *n = list_first(&l); n; n = list_next(&l, n))
 *       job = ZS_CONTAINER(n, struct job, link);
 *
 * To remove while walking, take the next one first.
 *
 * Thread  one at a time.
 */
#ifndef ZS_BASE_LIST_H
#define ZS_BASE_LIST_H

#include "base/defs.h"

struct list_node {
    struct list_node *next; /* NULL: on no list. A zeroed node is ready for use. */
    struct list_node *prev;
};

struct list {
    struct list_node head; /* closes the ring: must not move once in use */
    size_t n;
};

static inline void list_init(struct list *l)
{
    l->head.next = l->head.prev = &l->head;
    l->n = 0;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->n == 0;
}

static inline bool list_is_linked(const struct list_node *node)
{
    return node->next != NULL;
}

/* Before `at`; pass &l->head to append. */
static inline void list_insert(struct list *l, struct list_node *at, struct list_node *node)
{
    ZS_ASSERT(!list_is_linked(node));
    node->next = at;
    node->prev = at->prev;
    at->prev->next = node;
    at->prev = node;
    l->n++;
}

static inline void list_push(struct list *l, struct list_node *node) /* at the end */
{
    list_insert(l, &l->head, node);
}

static inline void list_push_front(struct list *l, struct list_node *node)
{
    list_insert(l, l->head.next, node);
}

static inline void list_remove(struct list *l, struct list_node *node)
{
    ZS_ASSERT(list_is_linked(node) && l->n > 0);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
    l->n--;
}

/* NULL when there is none. */
static inline struct list_node *list_first(const struct list *l)
{
    return l->n ? l->head.next : NULL;
}

static inline struct list_node *list_last(const struct list *l)
{
    return l->n ? l->head.prev : NULL;
}

static inline struct list_node *list_next(const struct list *l, const struct list_node *node)
{
    return node->next == &l->head ? NULL : node->next;
}

/* Take the first off; NULL when empty. */
static inline struct list_node *list_pop(struct list *l)
{
    struct list_node *node = list_first(l);
    if (node)
        list_remove(l, node);
    return node;
}

#endif
