
static void run_$kernel(void **args, const ascendify_block *block) {
    $call;
}

void ascendify_launch_$kernel(void **args, const ascendify_launch *launch) {
    ascendify_run_blocks(run_$kernel, args, launch, $lane_bytes);
}
