@0x942c979e2caf256e;
# stream.capnp - what services want kept: the ledger's face.
#
# A stream is a run of records, numbered from 0 without gaps over all boots, and at most one
# checkpoint that is in force: the state before the record `at`, in parts. Which stream is meant says
# the badge. Nothing here waits for a disk: what is durable is told by a signal.
using Wl = import "wl.capnp";

interface Ledger @0xeedf566b5ca256f5 {
  enum Error { failed @0; }

  status @0 () -> (onDisk :Bool, wrong :Text $Wl.max(120), boot :UInt32, hashed :UInt64, written :UInt64, blocks :UInt64, free :UInt64,
                   lastCount :UInt64, lastHead :Data $Wl.max(32));
  # `onDisk`: what services say outlives the machine's power. `wrong`: why not, or what is wrong with the
  # disk. `boot`: its number; `lastCount`, `lastHead`: commits of the boot before, and the head of their
  # chain. `hashed`, `written`: commits of this boot, the latter durable. `blocks`, `free`: room for more, of 4 KiB.
  sync @1 () -> () $Wl.errors(["failed"]);
  # Answers when all commits up to now, and all that was appended, are on the disk.
}

interface History @0x8dffc8ca80ca82e3 {
  enum Error { noDisk @0; away @1; noRecord @2; }
  # The kernel's commits of all boots, as the log on the disk has them: to be read, and no more. The formats
  # are those of libsys/store/README.md. `noDisk`: nothing is kept. `away`: the disk cannot be read just now.

  boots @0 (from :UInt32) -> (notes :Data $Wl.max(4072), boot :UInt32) $Wl.volatile $Wl.errors(["noDisk", "away", "noRecord"]);
  # BOOT notes, of 120 bytes each, from that of boot `from` on: at least that one. `boot`: number of this boot; 0: the
  # log, a damaged one, takes none.
  commits @1 (from :UInt64) -> (commits :Data $Wl.max(4072)) $Wl.volatile $Wl.errors(["noDisk", "away", "noRecord"]);
  # Records of stream 0, of 104 bytes each, from number `from` on, counted over all boots: at least that one.
  watch @2 (notification :Capability) -> () $Wl.volatile;
  # Signalled from time to time when there are more commits. One: the last.
}

interface Stream @0xeca3b75fb1787d8a {
  enum Error { gap @0; full @1; failed @2; noRecord @3; }

  info @0 () -> (next :UInt64, durable :UInt64, room :UInt64, checkpoint :Bool, boot :UInt32, onDisk :Bool, sealed :Bool) $Wl.volatile;
  # Records up to `next` are there, those below `durable` for good. `checkpoint`: there is one. `room`:
  # bytes that may surely still be appended. `sealed`: none, ever. `boot`: number of this boot.
  append @1 (sequence :UInt64, record :Data $Wl.max(4056), hurry :Bool) -> (durable :UInt64, room :UInt64)
      $Wl.volatile $Wl.errors(["gap", "full", "failed"]);
  # The record with that number; ERR_BUSY: try again when signalled. `hurry`: as below. One that is there already changes nothing; one that is not the next
  # is refused.
  read @2 (sequence :UInt64) -> (records :Data $Wl.max(4072), next :UInt64) $Wl.volatile $Wl.errors(["noRecord", "failed"]);
  # As many whole records as fit, each a word with its length, its bytes, and zeros up to a multiple
  # of 8. `next`: number of the one after them.
  checkpoint @3 (at :UInt64, part :UInt32, parts :UInt32, bytes :Data $Wl.max(4032)) -> ()
      $Wl.volatile $Wl.errors(["gap", "full", "failed"]);
  # Part after part from 0. With the last one it is in force, and what lies below `at` may go.
  load @4 (part :UInt32) -> (at :UInt64, parts :UInt32, bytes :Data $Wl.max(4032)) $Wl.volatile $Wl.errors(["noRecord", "failed"]);
  watch @5 (notification :Capability) -> () $Wl.volatile;
  # Signalled when `durable` has moved, or `append` is worth another try. One for a stream: the last.
  hurry @6 () -> () $Wl.volatile;
  # Somebody waits: all that was appended shall be durable soon.
}
