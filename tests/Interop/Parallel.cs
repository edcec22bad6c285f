// Every test has nodes of its own, in a folder of its own, and waits for them more than it computes.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: LevelOfParallelism(3)]
