using System.Globalization;
using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Benchmarks;

/// <summary>
/// Times convolutions of ResNet, FPN and heads: one JSON line for each shape and direction, with the median, the processor time of all
/// threads in a call (which other programs on the machine disturb less), and the rate in multiply-adds of the direct algorithm (Winograd
/// passes the machine's peak).
/// </summary>
internal static class ConvBenchmark
{
    /// <summary>N, H×W of the input, Cin → Cout, kernel, stride, groups.</summary>
    private static readonly Shape[] Shapes =
    [
        new("stem 7x7", 1, 320, 320, 3, 64, 7, 2, 1),
        new("layer1 1x1 expand", 1, 100, 100, 64, 256, 1, 1, 1),
        new("layer1 1x1 reduce", 1, 100, 100, 256, 64, 1, 1, 1),
        new("layer3 1x1 expand", 1, 50, 50, 256, 1024, 1, 1, 1),
        new("layer4 1x1 reduce", 1, 25, 25, 2048, 512, 1, 1, 1),
        new("big 1x1", 1, 100, 100, 256, 256, 1, 1, 1),
        new("layer1 3x3", 4, 80, 80, 64, 64, 3, 1, 1),
        new("layer2 3x3", 4, 40, 40, 128, 128, 3, 1, 1),
        new("layer3 3x3", 4, 20, 20, 256, 256, 3, 1, 1),
        new("layer4 3x3", 4, 10, 10, 512, 512, 3, 1, 1),
        new("layer2 3x3 stride 2", 4, 80, 80, 64, 128, 3, 2, 1),
        new("layer2 1x1 stride 2", 4, 80, 80, 64, 128, 1, 2, 1),
        new("head 3x3 100x100", 1, 100, 100, 256, 256, 3, 1, 1),
        new("head 3x3 P3", 4, 40, 40, 256, 256, 3, 1, 1),
        new("head 3x3 P4", 4, 20, 20, 256, 256, 3, 1, 1),
        new("head 3x3 P5", 4, 10, 10, 256, 256, 3, 1, 1),
        new("head 3x3 P6", 4, 5, 5, 256, 256, 3, 1, 1),
        new("head 3x3 P7", 4, 3, 3, 256, 256, 3, 1, 1),
        new("boxes 3x3 P3", 4, 40, 40, 256, 36, 3, 1, 1),
        new("classes 3x3 P3", 4, 40, 40, 256, 819, 3, 1, 1),
        new("resnext 3x3", 1, 50, 50, 512, 512, 3, 1, 32),
    ];

    public static int Run(ReadOnlySpan<string> args)
    {
        var (threads, only, seconds, kernels) = (0, "", 0.3, CpuKernelTable.Best);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            var value = args[i + 1];
            switch (args[i])
            {
                case "--threads": threads = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--only": only = value; break;
                case "--seconds": seconds = double.Parse(value, CultureInfo.InvariantCulture); break;
                case "--kernels": kernels = CpuKernelTable.Available.First(t => t.Name == value); break;
                default: Console.Error.WriteLine($"{args[i]}: unknown option."); return 2;
            }
        }

        foreach (var s in Shapes.Where(s => s.Name.Contains(only, StringComparison.Ordinal)))
        {
            Measure(s, threads, kernels, seconds);
        }

        return 0;
    }

    private static void Measure(Shape s, int threads, CpuKernelTable kernels, double seconds)
    {
        var padding = s.Kernel / 2;
        var algorithm = s.Groups > 1 ? ConvAlgorithm.Grouped
            : s.Kernel == 3 && s.Stride == 1 ? ConvAlgorithm.Winograd4
            : s.Kernel == 1 && s.Stride == 1 ? ConvAlgorithm.Gemm : ConvAlgorithm.IndirectGemm;
        var x = new FeatureMap(0, s.N, s.H, s.W, s.In);
        var y = new FeatureMap(x.Length, s.N, ((s.H - 1) / s.Stride) + 1, ((s.W - 1) / s.Stride) + 1, s.Out);
        var dx = x with { Offset = y.Offset + y.Length };
        var weights = s.Out * s.Kernel * s.Kernel * (s.In / s.Groups);
        var w = new ConvParameters(ParameterStorage.Parameters, 0, weights, s.In, s.Out, s.Kernel, s.Stride, padding, s.Groups, algorithm);
        using var cpu = new BareCpu(threads, dx.Offset + dx.Length, TestModel.Describe(weights + s.Out), kernels);
        Timing.Fill(cpu.Arena);
        Timing.Fill(cpu.Model.Parameters.Span, 0.05f);
        var backend = cpu.Backend;
        var flops = 2.0 * y.Length * s.Kernel * s.Kernel * (s.In / s.Groups);
        var gradients = new ConvGradients(0, weights);
        Report("forward", () => backend.ConvRelu(x, w, y));
        Report("backward-data", () => backend.ConvBackwardData(w, y, dx, mask: x));
        Report("backward-weights", () => backend.ConvBackwardWeights(x, w, y, gradients));
        Report("pack+forward", () =>
        {
            cpu.Model.ParametersChanged();
            backend.ConvRelu(x, w, y);
        });

        void Report(string direction, Action run)
        {
            var (ms, cpuMs) = Timing.Of(run, seconds);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"bench\":\"conv\",\"shape\":\"{s.Name}\",\"direction\":\"{direction}\"," +
                $"\"kernels\":\"{kernels.Name}\",\"threads\":{cpu.Workers}," +
                $"\"ms\":{ms:F3},\"cpuMs\":{cpuMs:F3},\"gflops\":{flops / ms * 1e-6:F0},\"gflopsPerCpu\":{flops / cpuMs * 1e-6:F0}}}"));
        }
    }

    private sealed record Shape(string Name, int N, int H, int W, int In, int Out, int Kernel, int Stride, int Groups);
}
