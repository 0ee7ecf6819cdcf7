@0xd1d31b9de32a70a2;
# audit.capnp - questions to the logs. All answers come from what the ledger holds; nothing is changed.
#
# A slot is named by its physical address, and, where a living or former process holds it, by that
# process and the slot's index there. Times are ticks of the time stamp counter.
using Wl = import "wl.capnp";

struct Record { # one commit: kernel/abi/log.h
  seq @0 :UInt64;
  time @1 :UInt64;
  cause @2 :UInt64;   # number of the event that caused it
  op @3 :UInt8;       # enum commit_op
  type @4 :UInt8;     # enum cap_type
  rights @5 :UInt8;
  flags @6 :UInt8;
  bits @7 :UInt8;
  depth @8 :UInt8;
  actor @9 :UInt32;   # thread id, 0 the kernel
  dst @10 :UInt64;    # address of the slot
  src @11 :UInt64;
  obj @12 :UInt64;
  badge @13 :UInt64;
  arg0 @14 :UInt64;
  arg1 @15 :UInt64;
  dstSlot @16 :UInt32; # index in the CNode of `dstHolder`
  srcSlot @17 :UInt32;
  actorName @18 :Text $Wl.max(32);  # process of the actor; empty: unknown
  dstHolder @19 :Text $Wl.max(32);  # process whose CNode has the slot; "axiom" for axiom's containers
  srcHolder @20 :Text $Wl.max(32);
}

struct Entry { # of the SysLog
  number @0 :UInt64;  # of the event; a request has the number of the event before it
  time @1 :UInt64;
  kind @2 :UInt8;     # enum event_kind, or 16: a request to axiom with its arguments
  op @3 :UInt8;       # system call; fault kind
  result @4 :UInt8;   # enum err; of a call or request: the label of its answer. 253 the caller went
                      # on without one, 254 with one of several different ones, 255 waits
  slot @5 :UInt32;
  label @6 :UInt16;   # method or operation
  words @7 :UInt8;
  caps @8 :UInt8;
  thread @9 :UInt32;
  badge @10 :UInt64;  # of the endpoint called, where it is known; of a fault: the address
  interface @11 :UInt64; # id of the one called or answered, where it is known; else 0
  process @12 :Text $Wl.max(32);
  arguments @13 :List(UInt64) $Wl.max(8); # the words of a request to axiom, as far as kept
}

struct CapInfo {
  slot @0 :UInt32;
  type @1 :UInt8;     # enum cap_type
  rights @2 :UInt8;
  flags @3 :UInt8;
  bits @4 :UInt8;
  depth @5 :UInt8;
  badge @6 :UInt64;
  obj @7 :UInt64;
  since @8 :UInt64;   # commit that put it there
  giver @9 :Text $Wl.max(32); # process that holds what it was derived from; empty: axiom made it
}

struct Holder {
  process @0 :Text $Wl.max(32);
  pid @1 :UInt32;     # 0: axiom itself
  slot @2 :UInt32;
  address @3 :UInt64;
  type @4 :UInt8;
  rights @5 :UInt8;
  flags @6 :UInt8;
  badge @7 :UInt64;
  since @8 :UInt64;
}

struct Finding { # something that should not be
  invariant @0 :Text $Wl.max(8);  # "I12"
  what @1 :Text $Wl.max(32);      # the field or rule
  slot @2 :UInt64;
  seq @3 :UInt64;                 # commit number at which it was seen
  expected @4 :UInt64;
  found @5 :UInt64;
}

struct Boot {
  number @0 :UInt32;  # from 1
  now @1 :Bool;       # this one
  commits @2 :UInt64; # until now, or until its end as far as it was on the disk
  head @3 :Data $Wl.max(32);   # of its chain at its end; empty: it goes on
  before @4 :Data $Wl.max(32); # of the boot before; zeros: there was none
}

struct Life { # of a process, as axiom recorded it
  pid @0 :UInt32;
  parent @1 :UInt32;
  event @2 :Event;
  code @3 :Int32;
  commit @4 :UInt64;  # commits when it began to be made
  time @5 :UInt64;
  cnode @6 :UInt64;
  name @7 :Text $Wl.max(32);
  ended @8 :UInt64;   # commits; all ones: it lives, or lived when its boot ended
  endedTime @9 :UInt64;
  enum Event { created @0; exited @1; killed @2; }
}

interface Audit @0xabd5f666b8e77cab {
  enum Error { noProcess @0; noSlot @1; noRecord @2; noBoot @3; noDisk @4; away @5; behind @6; }
  # Where a `boot` is asked for, 0 is this one, and an earlier one is asked about as it was at its end. That
  # can be refused: `noBoot`: there was none of that number; `noDisk`: nothing is kept of them; `away`: the
  # disk cannot be read just now; `behind`: audit has read a piece, and goes on when it is asked again.

  head @0 (boot :UInt32) -> (commits :UInt64, hashed :UInt64, hash :Data $Wl.max(32), commitsMax :UInt64,
                 events :UInt64, eventsKept :UInt64, requests :UInt64, tickHz :UInt64)
                 $Wl.errors(["noBoot", "noDisk", "away"]);
  # Commits and events until now; `hash` of the chain after `hashed` commits. Of an earlier boot no events.
  log @1 (from :UInt64, count :UInt32 $Wl.range("1..12"), boot :UInt32) -> (records :List(Record) $Wl.max(12))
      $Wl.errors(["noBoot", "noDisk", "away", "behind"]);
  # Commits from number `from` on.
  syslog @2 (from :UInt64, count :UInt32 $Wl.range("1..14")) -> (entries :List(Entry) $Wl.max(14), next :UInt64)
      $Wl.errors(["noDisk", "away", "behind"]);
  # Events from number `from` on, or from the oldest that is kept. `next`: where to go on.
  show @3 (seq :UInt64, boot :UInt32) -> (record :Record, hash :Data $Wl.max(32), causes :List(Entry) $Wl.max(3))
      $Wl.errors(["noRecord", "noBoot", "noDisk", "away", "behind"]);
  # One commit, its hash (the first 8 bytes of it, once it has left memory), and the event and the request
  # that caused it, if they are still kept.
  caps @4 (process :Text $Wl.max(32), after :UInt32, boot :UInt32) -> (caps :List(CapInfo) $Wl.max(28), more :Bool)
      $Wl.errors(["noProcess", "noBoot", "noDisk", "away", "behind"]);
  # What the process holds in slots greater than `after`. A name, or a pid in digits.
  why @5 (process :Text $Wl.max(32), slot :UInt32, skip :UInt32, boot :UInt32) -> (steps :List(Record) $Wl.max(12), more :Bool)
      $Wl.errors(["noProcess", "noSlot", "noBoot", "noDisk", "away", "behind"]);
  # How that came to be: from the slot's own commit back to genesis, each derived from the next. Of a
  # process that ended: of what was in the slot last.
  who @6 (object :UInt64, skip :UInt32, boot :UInt32) -> (holders :List(Holder) $Wl.max(28), more :Bool)
      $Wl.errors(["noBoot", "noDisk", "away", "behind"]);
  # All capabilities to the object at that address.
  lives @7 (from :UInt64, boot :UInt32) -> (lives :List(Life) $Wl.max(24), next :UInt64)
      $Wl.errors(["noBoot", "noDisk", "away", "behind"]);
  # Processes, those that live first, then the others from the last on; from entry `from` on. `next` is
  # where to go on. With a disk all of a boot, as far as audit has memory; else at least the last 2,048.
  verify @8 (boot :UInt32) -> (ok :Bool, commits :UInt64, hashed :UInt64, slots :UInt64, compared :UInt64, authority :UInt64,
                   derived :UInt64, objects :UInt64, mapped :UInt64, quiet :Bool, hashTicks :UInt64, foldTicks :UInt64, walkTicks :UInt64, head :Data $Wl.max(32),
                   findingCount :UInt32, findings :List(Finding) $Wl.max(12)) $Wl.errors(["noBoot", "noDisk", "away", "behind"]);
  # Chain, fold, and comparison with the live slots; of an earlier boot chain, up to the head that the next one
  # knows, fold and rules. `authority`: authority capabilities, all axiom's.
  # `derived`: capabilities made from one of their kind; `objects` that take memory; `mapped` pages and tables.
  # `quiet`: no commit fell within the walk, so that its slots were counted too.
  capsAt @9 (seq :UInt64, process :Text $Wl.max(32), after :UInt32, boot :UInt32) -> (caps :List(CapInfo) $Wl.max(28), more :Bool)
      $Wl.errors(["noProcess", "noRecord", "noBoot", "noDisk", "away", "behind"]);
  # As `caps`, of what the process held after commit `seq`.
  boots @10 (from :UInt32 $Wl.range("1..4294967295")) -> (boots :List(Boot) $Wl.max(16)) $Wl.errors(["noBoot", "noDisk", "away"]);
  # Boots from number `from` on.
}
