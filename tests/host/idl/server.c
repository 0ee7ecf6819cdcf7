#include "server.h"

#include <string.h>

struct server server;

static int on_nothing(struct request *rq)
{
    (void)rq;
    server.calls++;
    return server.result;
}

static int on_scalars(struct request *rq, const struct sample_scalars_in *in,
                      struct sample_scalars_out *out)
{
    server.scalars_in = *in;
    *out = server.scalars_out;
    return on_nothing(rq);
}

static int on_ranges(struct request *rq, const struct sample_ranges_in *in)
{
    server.ranges_in = *in;
    return on_nothing(rq);
}

static int on_wide(struct request *rq, const struct sample_wide_in *in, struct sample_wide_out *out)
{
    server.wide_in = *in;
    *out = server.wide_out;
    return on_nothing(rq);
}

static int on_bytes(struct request *rq, const struct sample_bytes_in *in,
                    struct sample_bytes_out *out)
{
    server.bytes_in = *in;
    memcpy(server.text, in->text.at, in->text.len);
    memcpy(server.data, in->data.at, in->data.len);
    *out = server.bytes_out;
    return on_nothing(rq);
}

static int on_lists(struct request *rq, const struct sample_lists_in *in,
                    struct sample_lists_out *out)
{
    server.lists_in = *in;
    memcpy(server.numbers, in->numbers.at, in->numbers.count * sizeof(uint64_t));
    for (uint32_t i = 0; i < in->items.count; i++) {
        memcpy(server.names[i], in->items.at[i].name.at, in->items.at[i].name.len);
        memcpy(server.tags[i], in->items.at[i].tags.at, in->items.at[i].tags.count * 8ul);
    }
    *out = server.lists_out;
    return on_nothing(rq);
}

static int on_caps(struct request *rq, const struct sample_caps_in *in, struct sample_caps_out *out)
{
    server.caps_in = *in;
    *out = server.caps_out;
    return on_nothing(rq);
}

static int on_fill(struct request *rq, const struct sample_fill_in *in, struct sample_fill_out *out)
{
    memcpy(server.data, in->data.at, in->data.len);
    server.fill_len = in->data.len;
    *out = server.fill_out;
    return on_nothing(rq);
}

static int on_register(struct request *rq, const struct sample_register_in *in,
                       struct sample_register_out *out)
{
    out->default_ = in->signed_ < 0;
    return on_nothing(rq);
}

static int on_one(struct request *rq, const struct sample_one_in *in)
{
    (void)in;
    return on_nothing(rq);
}

int server_dispatch(struct request *rq)
{
    static const struct sample_ops ops = {
        .nothing = on_nothing,
        .scalars = on_scalars,
        .ranges = on_ranges,
        .wide = on_wide,
        .bytes = on_bytes,
        .lists = on_lists,
        .caps = on_caps,
        .fill = on_fill,
        .register_ = on_register,
        .one = on_one,
    };
    return sample_dispatch(&ops, rq);
}

int server_dispatch_empty(struct request *rq)
{
    static const struct sample_ops ops = {0};
    return sample_dispatch(&ops, rq);
}
