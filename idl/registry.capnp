@0xbc6fe89eee5c1fc5;
# registry.capnp - init's face to every process: names, readiness, supervision.
#
# What an asker may do stands in the system description; the badge says who asks.
using Wl = import "wl.capnp";
using Axiom = import "axiom.capnp";

interface Registry @0x840221fe77bd7c81 {
  enum Error { noService @0; denied @1; taken @2; badName @3; disabled @4; full @5; nothing @6; }

  struct Service {
    name @0 :Text $Wl.max(32);
    state @1 :State;
    pid @2 :UInt32;
    restarts @3 :UInt32;
    enum State { waiting @0; starting @1; ready @2; backoff @3; disabled @4; stopped @5; }
  }

  lookup @0 (name :Text $Wl.max(32)) -> (service :Capability) $Wl.errors(["noService", "denied", "disabled"]);
  # A capability to the service's endpoint, badged for the asker.
  ready @1 () -> ();
  # The asker is a service and can take requests.
  register @2 (name :Text $Wl.max(32), service :Capability) -> () $Wl.errors(["denied", "taken", "badName"]);
  # A new name, where the system description allows the asker to make one.
  list @3 (after :UInt32) -> (services :List(Service) $Wl.max(16), more :Bool);
  process @4 (name :Text $Wl.max(32)) -> (process :Axiom.Process) $Wl.errors(["noService", "denied"]);
  # The service's process object, for those whom the description marks as managers.
  restart @5 (name :Text $Wl.max(32)) -> () $Wl.errors(["noService", "denied"]);
  # Ends the process and starts it again; also enables a disabled one.
  prompt @6 () -> (text :Text $Wl.max(400));
  # The shell is about to show its first prompt: the machine-readable line of this boot. Empty for later prompts.
  banner @7 () -> (text :Text $Wl.max(1500));
  # Version, memory, processor features in use and phase times, for people.
  news @8 () -> (text :Text $Wl.max(3800));
  # Reports of faults and restarts that nobody has fetched yet, oldest first; empty: none. For managers.
  unhealthy @9 (name :Text $Wl.max(32), why :Why) -> () $Wl.errors(["noService", "denied"]);
  # From whom the description lets watch: that service runs, but as it should not. It is restarted.
  enum Why { silent @0; stranger @1; }
  keep @10 (number :UInt64, capability :Capability) -> (kept :Capability) $Wl.errors(["denied", "full"]);
  # init keeps a copy for the asker's service, over the ends of its processes; the answer is a copy of that one. What was
  # kept under the number ends. It ends, too, when the service is given up: nobody could take it back any more.
  kept @11 (number :UInt64) -> (kept :Capability) $Wl.errors(["denied", "nothing"]);
  unkeep @12 (number :UInt64) -> () $Wl.errors(["denied", "nothing"]);
  # All copies of it end, wherever they are.
  keeping @13 (after :UInt32) -> (numbers :List(UInt64) $Wl.max(64), next :UInt32) $Wl.errors(["denied"]);
  # What is kept for the asker, 64 at once; `next` is 0 behind the last.
}
