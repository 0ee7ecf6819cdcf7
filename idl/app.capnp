@0xdb30d1f71f3c5556;
# app.capnp - what an application calls: its view, which has the terminal that it has not.
using Wl = import "wl.capnp";

interface View @0xdfa5dcb8b7c89552 {
  enum Error { tooShort @0; badVersion @1; notZero @2; badType @3; badLength @4; notYours @5; }
  # What is wrong with the message, the first of these. badVersion: another than 1. notYours: a type that only
  # a view sends. In the order of `enum app_error` in libsys/app.h.

  turn @0 (message :Data $Wl.max(1032)) -> (message :Data $Wl.max(1032)) $Wl.volatile
      $Wl.errors(["tooShort", "badVersion", "notZero", "badType", "badLength", "notYours"]);
  # A message as libsys/app.h has it, with its version and type: from the application that it is ready, its state or an
  # error; from the view, as soon as there is one, input, or that it is closed.
}
