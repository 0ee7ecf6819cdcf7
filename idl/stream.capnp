@0x942c979e2caf256e;
# stream.capnp - what services want kept: the ledger's face.
#
# A stream is a run of records, numbered from 0 without gaps over all boots, and at most one
# checkpoint that is in force: the state before the record `at`, in parts. Which stream is meant says
# the badge. Nothing here waits for a disk: what is durable is told by a signal.
using Wl = import "wl.capnp";

interface Ledger @0xeedf566b5ca256f5 {
  status @0 () -> (status :Status);
  struct Status {
    commits @0 :UInt64;  # of this boot, hashed
    streams @1 :UInt32;  # in use
    segments @2 :UInt32; # of the memory for streams
    free @3 :UInt32;     # of them
    onDisk @4 :Bool;     # what is appended outlives the machine's power
  }
}

interface Stream @0xeca3b75fb1787d8a {
  enum Error { gap @0; full @1; failed @2; noRecord @3; }

  info @0 () -> (next :UInt64, durable :UInt64, room :UInt64, at :UInt64, parts :UInt32, boot :UInt32, onDisk :Bool) $Wl.volatile;
  # Records from `at` on are there, up to `next`; those below `durable` for good. `parts` of the
  # checkpoint: 0, none. `room`: bytes that may surely still be appended. `boot`: number of this boot.
  append @1 (sequence :UInt64, record :Data $Wl.max(4056)) -> (durable :UInt64, room :UInt64)
      $Wl.volatile $Wl.errors(["gap", "full", "failed"]);
  # The record with that number. One that is there already changes nothing; one that is not the next
  # is refused.
  read @2 (sequence :UInt64) -> (records :Data $Wl.max(4072), next :UInt64) $Wl.volatile $Wl.errors(["noRecord", "failed"]);
  # As many whole records as fit, each a word with its length, its bytes, and zeros up to a multiple
  # of 8. `next`: number of the one after them.
  checkpoint @3 (at :UInt64, part :UInt32, parts :UInt32, bytes :Data $Wl.max(4032)) -> ()
      $Wl.volatile $Wl.errors(["gap", "full", "failed"]);
  # Part after part from 0. With the last one it is in force, and what lies below `at` may go.
  load @4 (part :UInt32) -> (bytes :Data $Wl.max(4032)) $Wl.volatile $Wl.errors(["noRecord", "failed"]);
  watch @5 (notification :Capability) -> () $Wl.volatile;
  # Signalled when `durable` has moved. One for a stream: the last one given.
}
