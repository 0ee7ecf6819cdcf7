@0xdb57a600d3e51c48;
# block.capnp - a block device, as a driver offers it. Addresses and lengths are in sectors of 512
# bytes. Reads and writes go by rings: libsys/block.h.
using Wl = import "wl.capnp";
using Bulk = import "bulk.capnp";

struct BlockInfo {
  sectors @0 :UInt64;
  readOnly @1 :Bool;
  flush @2 :Bool;          # it has a cache; if not, what is written is durable at once
  maxSectors @3 :UInt32;   # of one read or write
  maxDiscard @4 :UInt32;   # sectors of one discard; 0: not offered
  maxZeroes @5 :UInt32;    # sectors of one writeZeroes; 0: not offered
  blockBytes @6 :UInt32;   # what it writes at once
  depth @7 :UInt32;        # requests that it works on at once
  serial @8 :Text $Wl.max(20);
}

interface Block @0xc14b8d0a72bcfa42 {
  enum Error { noDevice @0; readOnly @1; badRange @2; badRequest @3; notOffered @4; ioError @5; noRoom @6; }
  # badRequest: no such operation, or data outside the area. ioError: the device could not.

  info @0 () -> (info :BlockInfo) $Wl.errors(["noDevice"]);
  open @1 (asker :Capability) -> (bulk :Bulk.Bulk) $Wl.errors(["noDevice", "noRoom"]);
  # Rings of one's own to the device. `asker`: any capability. Only who holds this endpoint with grant
  # can send one: so the others may ask `info`, and no more.
}
