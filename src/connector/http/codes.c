/* Meanings and actions of HTTPIN-* and HTTPOUT-*. */
#include "connector/http/codes.h"

const struct err_code conn_http_codes[] = {
    { "HTTPIN-001", "The address a listener is given cannot be listened on.",
      "Write http://IP:PORT/PATH or https://IP:PORT/PATH; localhost and * may stand for the IP." },
    { "HTTPIN-002", "Scheme and certificate of a listener do not fit together.",
      "https needs `certificate` and `key`; http has neither." },
    { "HTTPIN-005", "There is not enough memory to open a listener.",
      "Look at the machine's memory and the engine's limits." },
    { "HTTPOUT-001", "A request cannot be built from the endpoint's configuration.",
      "Shorten the URL or its parameters." },
    { "HTTPOUT-002", "There is not enough memory for a request.",
      "It is tried again. Look at the machine's memory if it stays." },
    { "HTTPOUT-003", "A query parameter is neither text nor number, truth value or list of them.",
      "Correct `parameters` of the endpoint." },
    { "HTTPOUT-010", "The peer does not accept our credentials, or does not allow the request.",
      "Check the integration's authentication, then release what is held." },
    { "HTTPOUT-011", "The peer asks to try again later.",
      "Nothing, unless it goes on: then lower the rate or ask the peer's operator." },
    { "HTTPOUT-012", "The peer says that the request is wrong.",
      "Look at the reply, correct the mapping or the data, and replay the message." },
    { "HTTPOUT-013", "The peer failed.",
      "It is tried again; tell the peer's operator if it goes on." },
    { "HTTPOUT-014", "The peer's status is none that ends a request.",
      "Check that the URL leads to an HTTP server, and whether it took the message." },
    { "HTTPOUT-015", "A delivery was given up while it was under way.",
      "If the request was sent, look at the peer whether it took the message." },
};
const size_t conn_http_n_codes = ZS_COUNT(conn_http_codes);
