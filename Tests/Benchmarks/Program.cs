using Fovea.Benchmarks;

return args is ["conv", ..] ? ConvBenchmark.Run(args.AsSpan(1)) : Usage();

static int Usage()
{
    Console.Error.WriteLine("Benchmarks conv [--threads n] [--kernels AVX-512|AVX2|Vector128] [--only text] [--seconds s]");
    return 2;
}
