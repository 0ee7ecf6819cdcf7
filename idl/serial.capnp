@0xb69e815a7addbfc3;
# serial.capnp - a byte line, as a driver offers it. One holder at a time.
using Wl = import "wl.capnp";

interface Serial @0xdfad8aaeaf336dc2 {
  enum Error { taken @0; }

  attach @0 (notification :Capability) -> () $Wl.errors(["taken"]);
  # Signalled when there is something to read, or room to write again. Replaces an earlier one of the asker.
  read @1 () -> (data :Data $Wl.max(256), lost :UInt32);
  # What has arrived, perhaps nothing; and how many bytes were lost since the last read.
  write @2 (data :Data $Wl.max(1024)) -> (taken :UInt32);
  # Takes what fits its queue, perhaps nothing.
}
