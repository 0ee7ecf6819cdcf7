@0xb7c1e0d94f2a6385;
# noise.capnp - a device that makes random bytes, raw: the random server alone is to use them.
using Wl = import "wl.capnp";

interface Noise @0x9e5b3a71c8d40f26 {
  enum Error { noDevice @0; failed @1; }
  take @0 (count :UInt32 $Wl.range("1..256")) -> (bytes :Data $Wl.max(256)) $Wl.volatile $Wl.errors(["noDevice", "failed"]);
  # What has come from the device, up to so many bytes, each once; none, if it has not answered yet: nobody waits for
  # the device. `failed`: it answers no more until the driver is started again.
}
