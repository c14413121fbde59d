using Fovea.Benchmarks;

return args switch
{
    ["conv", ..] => ConvBenchmark.Run(args.AsSpan(1)),
    ["conv-step", ..] => ConvStepBenchmark.Run(args.AsSpan(1)),
    ["step", ..] => StepBenchmark.Run(args.AsSpan(1)),
    ["memory", ..] => MemoryBoundBenchmark.Run(args.AsSpan(1)),
    ["callers", ..] => CallersBenchmark.Run(args.AsSpan(1)),
    ["pictures", ..] => PicturesBenchmark.Run(args.AsSpan(1)),
    ["evaluation", ..] => EvaluationBenchmark.Run(args.AsSpan(1)),
    ["pretrained", ..] => PretrainedBenchmark.Run(args.AsSpan(1)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Benchmarks conv [--threads n] [--kernels AVX-512|AVX2|Vector128] [--only text] [--seconds s]");
    Console.Error.WriteLine("Benchmarks conv-step [--threads n] [--batch n] [--size pixels] [--classes n] [--steps n]");
    Console.Error.WriteLine("Benchmarks step [--steps n]");
    Console.Error.WriteLine("Benchmarks memory [--threads n]");
    Console.Error.WriteLine("Benchmarks callers [--rounds n]");
    Console.Error.WriteLine("Benchmarks pictures FOLDER-OF-PHOTOGRAPHS … [--rounds n] [--steps n]");
    Console.Error.WriteLine("Benchmarks evaluation [--images n]");
    Console.Error.WriteLine(
        "Benchmarks pretrained --data folder [--minutes n | --epochs n] [--only with,running,frozen,without,half] [--backbone-lr factor] [--lr rate]");
    return 2;
}
