@0xce41deec09a35131;
# random.capnp - random bytes, and where they come from.
using Wl = import "wl.capnp";

interface Random @0x85d98d389ae29f23 {
  enum Error { unhealthy @0; }
  enum State { absent @0; healthy @1; failed @2; starting @3; silent @4; }

  # starting: not yet enough of it looked at; silent: it gave nothing when it was asked last.

  struct Source {
    name @0 :Text $Wl.max(16);
    state @1 :State;
    samples @2 :UInt64;  # bytes that were looked at
    failures @3 :UInt32; # of health tests, since the service started
  }

  bytes @0 (count :UInt32 $Wl.range("1..2048")) -> (bytes :Data $Wl.max(2048)) $Wl.volatile $Wl.errors(["unhealthy"]);
  # Of a generator that fresh bytes of every healthy source go into before each answer. `unhealthy`: no
  # source passes its tests; nothing is made up then.
  status @1 () -> (sources :List(Source) $Wl.max(4), drawn :UInt64) $Wl.volatile;
  # `drawn`: bytes handed out since the service started.
}
