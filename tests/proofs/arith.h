/*
 * arith.h - what shifts mean in whole numbers. WP's theory of bits knows no shift by a variable, so
 * these are axioms for it; run.py has z3 prove each of them in its own theory of bit vectors.
 */
#pragma once

/*@ axiomatic arith {
      logic integer bytes(integer n);            // 2^n
      logic integer rest(integer x, integer n);  // x modulo 2^n

      axiom shift: \forall integer x, n; 0 <= x < 0x10000000000000000 && 0 <= n < 64 ==>
          (x << n) == x * bytes(n);
      axiom shift_64: \forall integer x, n; 0 <= x <= 64 && 0 <= n <= 46 ==>
          0 <= (x << n) <= 0x10000000000000;
      axiom shift_back: \forall integer x, n; 0 <= x < 0x10000000000000000 && 0 <= n < 64 ==>
          ((x >> n) << n) == x - rest(x, n) && rest((x >> n) << n, n) == 0;
      axiom rest_less: \forall integer x, n; 0 <= x < 0x10000000000000000 && 0 <= n < 64 ==>
          0 <= rest(x, n) < bytes(n);
      axiom bytes_46: \forall integer n; 0 <= n <= 46 ==> 0 < bytes(n) <= 0x400000000000;
      axiom bytes_pages: \forall integer n; 12 <= n < 64 ==>
          \exists integer k; 0 < k && bytes(n) == 4096 * k;
    } */
