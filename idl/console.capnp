@0xca43345d90a65109;
# console.capnp - sessions of a terminal.
using Wl = import "wl.capnp";

interface Console @0x970bfb881dd59977 {
  enum Error { limit @0; }
  open @0 () -> (session :Session) $Wl.errors(["limit"]);
  # A session of the asker; in the foreground is the one that began last to read.
}

interface Session @0x8527a3c354d07a3e {
  enum Error { interrupted @0; closed @1; }

  write @0 (data :Data $Wl.max(2048)) -> () $Wl.errors(["closed"]);
  # Answers when the bytes are in the driver's queue. "\n" is shown as a new line.
  read @1 (max :UInt32 $Wl.range("1..1024")) -> (data :Data $Wl.max(1024), lost :UInt32) $Wl.errors(["interrupted", "closed"]);
  # Waits for input. Cooked: one line with its "\n", edited by the console; no data: Ctrl-D. Raw: the bytes
  # as they come. `lost`: bytes typed since the last read that found no room.
  mode @2 (raw :Bool, echo :Bool) -> ();
  onInterrupt @3 (notification :Capability) -> ();
  # Signalled at Ctrl-C while no read of the session waits; the next read answers `interrupted` then, so
  # that none is missed. A waiting cooked read answers `interrupted` at once, a raw one gets the byte.
  close @4 () -> ();
}
