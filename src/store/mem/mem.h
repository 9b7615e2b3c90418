/*
 * The in-memory backend: the contract without files, for tests of what stands above the store and
 * as the model the journal is compared with. Questions are answered by going through every record:
 * thousands of messages, not millions.
 *
 * An image holds the records and outlives the store, so that a test can stop one store and start
 * another on what it left: a restart.
 */
#ifndef ZS_STORE_MEM_MEM_H
#define ZS_STORE_MEM_MEM_H

#include "store/store.h"

struct mem_image;

struct mem_image *mem_image_new(void) ZS_CHECK;
void mem_image_free(struct mem_image **mp);

/*
 * image     borrowed until store_close; NULL: the store makes and frees its own
 * max_bytes of encoded records, 0 = 1 GB. Intakes answer STORE-001 above it, other kinds go on.
 * host      copied
 * Returns   RC_NOMEM, RC_IO (no thread)
 */
enum rc mem_store_open(struct mem_image *image, size_t max_bytes, const struct store_host *host,
                       struct store **out, struct err *e) ZS_CHECK;

#endif
