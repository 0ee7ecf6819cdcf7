@0xba8373a6fdb15197;
# axiom.capnp - the objects of axiom, the only holder of kernel authority.
#
# Every process holds one Self. A Process is held by whoever made it. A Memory is pages that several
# processes may map. Observe reads. Boot is init's, Devices the bus server's.
# A `slot` is a free slot of the asker's own CNode. Addresses and page counts are of 4 KiB pages.
using Wl = import "wl.capnp";

struct Quota {
  # What a process may use at most. Taken from the maker's own.
  pages @0 :UInt32;   # memory, kernel objects and page tables included
  slots @1 :UInt32;   # capability slots, a power of two from 64 to 65536
  threads @2 :UInt16;
  commits @3 :UInt32; # commit credits a second
}

struct ProcessInfo {
  pid @0 :UInt32;
  parent @1 :UInt32;
  state @2 :State;
  exitCode @3 :Int32;
  pages @4 :UInt32;
  pagesMax @5 :UInt32;
  threads @6 :UInt16;
  threadsMax @7 :UInt16;
  slots @8 :UInt32;
  commitCredits @9 :UInt64;
  ticks @10 :UInt64;  # processor time used
  priority @11 :UInt8;
  cnode @12 :UInt64;  # physical address of its CNode: what the log calls it
  name @13 :Text $Wl.max(32);
  cpu @14 :UInt8;     # index of the processor that its threads run on
  mastering @15 :UInt8; # devices that read and write memory as it tells them
  enum State { building @0; running @1; faulted @2; exited @3; }
}

interface Self @0xd2a21c8b2d10df38 {
  enum Error { badAddress @0; badName @1; quota @2; slotUsed @3; limit @4; storage @5; notYours @6; badQuota @7; gone @8; }

  info @0 () -> (info :ProcessInfo);
  memoryMap @1 (address :UInt64, pages :UInt32, rights :UInt8) -> () $Wl.errors(["badAddress", "quota", "storage"]);
  # New zeroed pages at `address` with RIGHT_READ, RIGHT_WRITE, MAP_EXEC (never both of the last).
  memoryUnmap @2 (address :UInt64, pages :UInt32) -> () $Wl.errors(["badAddress"]);
  # The pages go back to the system.
  endpointCreate @3 (slot :UInt32) -> () $Wl.errors(["quota", "slotUsed", "storage"]);
  notificationCreate @4 (slot :UInt32, badge :UInt64) -> () $Wl.errors(["quota", "slotUsed", "storage"]);
  # Read and write; its badge is what a signal through it sets.
  replyCreate @5 (slot :UInt32) -> () $Wl.errors(["quota", "slotUsed", "storage"]);
  threadCreate @6 (entry :UInt64, stack :UInt64, argument :UInt64, fsBase :UInt64, buffer :UInt64,
                   priority :UInt8, fpu :Bool, budgetUs :UInt32, periodUs :UInt32)
      -> (thread :UInt32) $Wl.errors(["badAddress", "quota", "limit", "storage"]);
  # A thread of this process. `buffer`: address of a mapped page of its own for messages. Priority
  # at most the process's. Budget: as the first thread's if it is 0, and no greater share than that.
  notificationBind @7 (notification :Capability, thread :UInt32) -> () $Wl.errors(["notYours"]);
  # `recv` of that thread (0: the first) delivers this notification too.
  mint @8 (source :Capability, slot :UInt32, rights :UInt8, badge :UInt64) -> () $Wl.errors(["slotUsed"]);
  # A derived copy of `source` in the asker's own CNode.
  processCreate @9 (name :Text $Wl.max(32), quota :Quota, priority :UInt8, storage :Bool,
                    told :Capability $Wl.optional, also :Capability $Wl.optional)
      -> (process :Process) $Wl.errors(["badName", "quota", "limit", "storage", "badQuota"]);
  # An empty process: no memory, no capability but its own Self in slot 1. `told`, `also`: an endpoint
  # gets its threads' faults, a notification is signalled when it exits or is killed: one of each at the
  # most, in any order (else ERR_CAP_TYPE).
  exit @10 (code :Int32) -> ();
  # Ends the asker. No answer comes.
  deaths @11 () -> (badges :List(UInt64) $Wl.max(128), more :Bool);
  # Badges of the asker's own endpoints of which the last capability has gone. Each once.
  deathNotify @12 (endpoint :Capability, notification :Capability) -> () $Wl.errors(["notYours"]);
  # Watch that endpoint: signal when `deaths` has something.
  revoke @13 (source :Capability) -> () $Wl.errors(["notYours"]);
  # Takes back all that was derived from the asker's capability `source`.
  sync @14 () -> (commits :UInt64, events :UInt64);
  # Drains both rings. All that happened before this call is in the logs when it answers.
  drop @15 (slot :UInt32) -> ();
  # Empties a slot of the asker: what it may do itself while it has commit credits, and always.
  memoryCreate @16 (address :UInt64, pages :UInt32 $Wl.range("1..512")) -> (memory :Memory) $Wl.errors(["badAddress", "quota", "limit", "storage"]);
  # New zeroed pages at `address`, readable and writable, that others can map, too. They live while
  # somebody maps them; each who maps them pays for them, in whole chunks of 16 pages.
  memoryAttach @17 (memory :Memory, address :UInt64, write :Bool, gone :Capability $Wl.optional)
      -> (pages :UInt32) $Wl.errors(["badAddress", "quota", "limit", "storage", "notYours", "gone"]);
  # Maps all of them at `address`. `write` asks for a Memory that is no reader (notYours). `gone`: a
  # notification signalled when who made them has ended, unmapped or revoked them.
  memoryDetach @18 (address :UInt64) -> () $Wl.errors(["badAddress"]);
  # Unmaps what begins at `address`, whole. Others keep theirs.
  memoryRevoke @19 (memory :Memory) -> () $Wl.errors(["notYours", "gone"]);
  # By who made them: unmapped everywhere else, at once, and never mapped again.
  windowMap @20 (window :Capability, address :UInt64) -> (pages :UInt32) $Wl.errors(["badAddress", "quota", "notYours"]);
  # Device memory, uncached: as many pages as `window`, which Devices made, has.
  memoryPhysical @21 (address :UInt64, first :UInt32) -> (pages :List(UInt64) $Wl.max(256)) $Wl.errors(["badAddress", "notYours"]);
  # Where the pages of the Memory mapped at `address` are, from page `first` on: for a device. Only for
  # processes that the description marks `dma`. If the asker ends while a device masters the bus for
  # it, they are held back from other use until that device has been reset.
  dmaProof @22 (slot :UInt32) -> () $Wl.errors(["slotUsed", "notYours"]);
  # What shows the bus server that the asker may have a device master the bus for it.
  badgeCount @23 (endpoint :Capability, badge :UInt64) -> (count :UInt32) $Wl.errors(["notYours"]);
  # How many capabilities to the asker's endpoint carry that badge just now.
}

interface Memory @0xe380b974c0afcdbb {
  enum Error { gone @0; }

  info @0 () -> (pages :UInt32, write :Bool, maps :UInt32, made :UInt32) $Wl.errors(["gone"]);
  # How often they are mapped, and the pid of who made them; 0: it maps them no longer.
  reader @1 () -> (memory :Memory) $Wl.errors(["gone"]);
  # The same pages, to be read only.
}

interface Process @0xc82ac8e4680735fb {
  enum Error { badAddress @0; quota @1; slotUsed @2; limit @3; storage @4; dead @5; running @6; noThread @7; noMemory @8; noCpu @9; }

  info @0 () -> (info :ProcessInfo) ;
  memoryMap @1 (address :UInt64, pages :UInt32, rights :UInt8) -> () $Wl.errors(["badAddress", "quota", "storage", "dead"]);
  memoryShare @2 (address :UInt64, pages :UInt32 $Wl.range("1..512"), mine :UInt64, write :Bool) -> () $Wl.errors(["badAddress", "quota", "dead"]);
  # Maps pages of the process into the asker at `mine`, too: to load it, or to look into it.
  memoryUnshare @3 (mine :UInt64, pages :UInt32 $Wl.range("1..512")) -> () $Wl.errors(["badAddress"]);
  grant @4 (source :Capability, slot :UInt32, rights :UInt8, badge :UInt64, bound :Bool) -> () $Wl.errors(["slotUsed", "dead", "limit"]);
  # A derived copy of the asker's `source` in a slot of the process.
  revoke @5 (slot :UInt32) -> () $Wl.errors(["dead", "limit"]);
  # Empties a slot of the process, and what was derived from it.
  start @6 (entry :UInt64, stack :UInt64, argument :UInt64, buffer :UInt64, fpu :Bool,
            budgetUs :UInt32, periodUs :UInt32) -> () $Wl.errors(["badAddress", "quota", "dead", "running"]);
  # The first thread. A budget of 0: no limit but the round robin. It limits the share of each later one.
  kill @7 (code :Int32) -> () $Wl.errors(["dead"]);
  # All its threads stop, its capabilities and memory are gone when this answers.
  threadRead @8 (thread :UInt32) -> (registers :List(UInt64) $Wl.max(20)) $Wl.errors(["dead", "noThread", "running"]);
  peek @9 (address :UInt64) -> (words :List(UInt64) $Wl.max(64)) $Wl.errors(["dead", "badAddress"]);
  # Reads words up to the end of the page, 64 at most.
  place @10 (cpu :UInt8 $Wl.range("0..7")) -> () $Wl.errors(["dead", "noCpu"]);
  # Moves its threads, present and future, to that processor.
}

interface Observe @0xc4c616d23c493f44 {
  enum Error { noProcess @0; }

  processes @0 (after :UInt32) -> (pids :List(UInt32) $Wl.max(256));
  # Living processes with a pid greater than `after`, ascending.
  process @1 (pid :UInt32) -> (info :ProcessInfo) $Wl.errors(["noProcess"]);
  memory @2 () -> (totalPages :UInt64, kernelPages :UInt64, freePages :UInt64, logPages :UInt64,
                   commitsHeld :UInt64, commitsMax :UInt64, tickHz :UInt64, logFull :Bool,
                   ownFreePages :UInt64, heldPages :UInt64);
  # `heldPages`: of processes that ended, kept from use until a device is quiet.
  # `ownFreePages`: neither used nor free, set aside for axiom's own growth. `logFull`: what is left of the log is for ending things, also for processes marked `storage`.
}

interface Boot @0x87160d32a4ffe3f0 {
  enum Error { badLine @0; badPorts @1; slotUsed @2; noProcess @3; badAddress @4; quota @5; }

  irqCreate @0 (line :UInt32 $Wl.range("0..23"), notification :Capability, slot :UInt32) -> () $Wl.errors(["badLine", "slotUsed"]);
  # The handler of an interrupt line, bound to `notification`, in the asker's slot.
  portsCreate @1 (first :UInt16, last :UInt16, slot :UInt32) -> () $Wl.errors(["badPorts", "slotUsed"]);
  imageMap @2 (process :Process $Wl.optional, address :UInt64) -> (offset :UInt64, bytes :UInt64) $Wl.errors(["badAddress", "noProcess", "quota"]);
  # Maps the files of the boot image read-only, in pages of 2 MiB: into `process`, or into the asker if it is absent.
  logMap @3 (process :Process, address :UInt64, ledger :Bool) -> () $Wl.errors(["badAddress", "noProcess", "quota"]);
  # Maps the log memory: for the ledger the hash area writable, else all read-only.
  cursorGrant @4 (process :Process, slot :UInt32) -> () $Wl.errors(["slotUsed", "noProcess"]);
  # The log's read-only cursor.
  badgeMint @5 (endpoint :Capability, slot :UInt32, rights :UInt8, badge :UInt64) -> () $Wl.errors(["slotUsed"]);
  # A copy of the asker's endpoint with bit 63 set in its badge.
  info @6 () -> (version :Text $Wl.max(16), buildId :Data $Wl.max(32), imageId :Data $Wl.max(32), memoryBytes :UInt64,
                 tickHz :UInt64, entryTicks :UInt64, startTicks :UInt64, leaks :UInt64,
                 cpus :UInt32, rsdp :UInt64, commandLine :Text $Wl.max(256));
  observe @7 (slot :UInt32) -> () $Wl.errors(["slotUsed"]);
  # An Observe in the asker's slot.
  ledgerNotify @8 (notification :Capability) -> ();
  # Signalled when records were added to the log memory.
  devices @9 (slot :UInt32) -> () $Wl.errors(["slotUsed"]);
  # A Devices in the asker's slot.
  dmaAllow @10 (process :Process) -> () $Wl.errors(["noProcess"]);
  # It may have memory that devices reach.
}

interface Devices @0xf198020bcdeee971 {
  enum Error { badRange @0; slotUsed @1; noLine @2; noProcess @3; }

  space @0 () -> (base :UInt64, bytes :UInt64);
  # Where devices may have their registers; 0 bytes: this machine has no such place.
  window @1 (base :UInt64, pages :UInt32 $Wl.range("1..512"), slot :UInt32) -> () $Wl.errors(["badRange", "slotUsed"]);
  # What `Self.windowMap` takes, in the asker's slot, for these pages of device memory.
  interrupt @2 (notification :Capability, slot :UInt32) -> (address :UInt64, data :UInt32) $Wl.errors(["noLine", "slotUsed"]);
  # The handler of a free line without a pin, and the message by which a device raises it.
  mastering @3 (driver :Capability, on :Bool) -> () $Wl.errors(["noProcess"]);
  # `driver`: made by `Self.dmaProof`. On: a device is about to master the bus for it. Off: that device
  # has been reset. With the last one off, memory of a driver that has ended is free again.
  quiet @4 () -> ();
  # No device masters the bus.
  driver @5 (driver :Capability) -> (pid :UInt32) $Wl.errors(["noProcess"]);
  # Whose proof that is.
}
