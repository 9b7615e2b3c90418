/*
 * Response heads. What a handler gives is checked, so that no text of a peer or a message can
 * split a response. Tests: http_write_test.c
 */
#include "net/http_write.h"

/* Framing and the like: decided here, never by a handler. */
static const struct str own_fields[] = {
    STR_INIT("Connection"),        STR_INIT("Content-Length"),
    STR_INIT("Content-Type"),      STR_INIT("Date"),
    STR_INIT("Keep-Alive"),        STR_INIT("Trailer"),
    STR_INIT("Transfer-Encoding"), STR_INIT("Upgrade"),
};

static bool is_own(struct str name)
{
    for (size_t i = 0; i < ZS_COUNT(own_fields); i++)
        if (str_ieq(own_fields[i], name))
            return true;
    return false;
}

static void put_field(struct buf *b, struct str name, struct str value)
{
    buf_str(b, name);
    buf_str(b, STR(": "));
    buf_str(b, value);
    buf_str(b, STR("\r\n"));
}

static void put_framing(struct buf *b, const struct http_out *out)
{
    if (out->sending == HTTP_SEND_CHUNKED) {
        put_field(b, STR("Transfer-Encoding"), STR("chunked"));
    } else if (out->sending == HTTP_SEND_LENGTH) {
        buf_str(b, STR("Content-Length: "));
        buf_u64(b, out->length);
        buf_str(b, STR("\r\n"));
    }
    if (!out->keep)
        put_field(b, STR("Connection"), STR("close"));
    else if (out->minor == 0)
        put_field(b, STR("Connection"), STR("keep-alive"));
}

enum rc http_write_head(struct buf *b, const struct http_response *r, const struct http_out *out,
                        struct err *e)
{
    buf_str(b, STR("HTTP/1.1 "));
    buf_u64(b, r->status);
    buf_char(b, ' ');
    buf_z(b, http_status_text(r->status));
    buf_str(b, STR("\r\nDate: "));
    buf_z(b, out->date);
    buf_str(b, STR("\r\n"));
    if (!http_is_field_value(r->type))
        return err_set(e, RC_VALUE, "HTTP-041", "Content-Type of the answer holds controls");
    if (r->type.n > 0)
        put_field(b, STR("Content-Type"), r->type);
    for (size_t i = 0; i < r->n_fields; i++) {
        const struct http_field *f = &r->fields[i];
        if (!http_is_token(f->name) || !http_is_field_value(f->value) || is_own(f->name))
            return err_set(e, RC_VALUE, "HTTP-041", "field %zu of the answer may not be sent", i);
        put_field(b, f->name, f->value);
    }
    put_framing(b, out);
    buf_str(b, STR("\r\n"));
    return RC_OK;
}

size_t http_chunk_line(size_t n, char out[20])
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = 1;
    while (digits < 16 && n >> (4 * digits) != 0)
        digits++;
    for (size_t i = 0; i < digits; i++)
        out[i] = hex[n >> (4 * (digits - 1 - i)) & 15];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    return digits + 2;
}
