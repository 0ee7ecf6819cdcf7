/*
 * backtrace.c - the fake machine prints backtraces by the sanitizers' library, which is not linked
 * here: a panic ends nothing, it is what a step did.
 */
void __sanitizer_print_stack_trace(void); // NOLINT(bugprone-reserved-identifier)

void __sanitizer_print_stack_trace(void) // NOLINT(bugprone-reserved-identifier)
{
}
