using System.Diagnostics;
using System.Globalization;
using Fovea.Ops;
using Fovea.CompilerServices;

namespace Fovea.Benchmarks;

/// <summary>
/// All convolutions of one training step of a RetinaNet over ResNet-18 (256 channels, heads of 4, 9 anchors): forward, then both gradients
/// in reverse order, with weights that change every step; also the processor time of all threads. What a whole step costs beyond this are
/// norms, losses and the optimiser.
/// </summary>
internal static class ConvStepBenchmark
{
    private const int Pyramid = 256;
    private const int Anchors = 9;

    public static int Run(ReadOnlySpan<string> args)
    {
        var (threads, batch, size, classes, steps) = (0, 4, 320, 3, 5);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            var value = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            switch (args[i])
            {
                case "--threads": threads = value; break;
                case "--batch": batch = value; break;
                case "--size": size = value; break;
                case "--classes": classes = value; break;
                case "--steps": steps = value; break;
                default: Console.Error.WriteLine($"{args[i]}: unknown option."); return 2;
            }
        }

        var network = new Network(batch);
        network.AddResNet18(size, classes);
        using var bare = new BareCpu(threads, network.Elements, TestModel.Describe(network.Parameters));
        Timing.Fill(bare.Arena);
        Timing.Fill(bare.Model.Parameters.Span, 0.05f);
        var backend = bare.Backend;
        var (forward, backward, cpu) = (new List<double>(), new List<double>(), new List<double>());
        using var process = Process.GetCurrentProcess();
        for (var step = 0; step < steps + 1; step++)
        {
            bare.Model.ParametersChanged();
            process.Refresh();
            var cpuBefore = process.TotalProcessorTime;
            var start = Stopwatch.GetTimestamp();
            network.Forward(backend);
            var middle = Stopwatch.GetTimestamp();
            network.Backward(backend);
            forward.Add(Stopwatch.GetElapsedTime(start, middle).TotalMilliseconds);
            backward.Add(Stopwatch.GetElapsedTime(middle).TotalMilliseconds);
            process.Refresh();
            cpu.Add((process.TotalProcessorTime - cpuBefore).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"bench\":\"conv-step\",\"size\":{size},\"batch\":{batch},\"threads\":{bare.Workers},\"gmac\":{network.Macs / 1e9:F1}," +
            $"\"forwardMs\":{Median(forward):F0},\"backwardMs\":{Median(backward):F0},\"cpuMs\":{Median(cpu):F0}}}"));
        return 0;
    }

    private static double Median(List<double> times) => times.Skip(1).Order().ElementAt((times.Count - 1) / 2);

    private sealed record Layer(FeatureMap X, ConvParameters W, FeatureMap Y, FeatureMap Dy, FeatureMap Dx, ConvGradients Gradients);

    private sealed class Network(int batch)
    {
        private readonly List<Layer> layers = [];

        public long Elements { get; private set; }

        public int Parameters { get; private set; }

        public long Macs { get; private set; }

        public void AddResNet18(int size, int classes)
        {
            var x = Add(Map(size, 3), New(3, 64, 7, 2));
            x = Map((x.Height + 1) / 2, 64);
            var levels = new List<FeatureMap>();
            for (var stage = 0; stage < 4; stage++)
            {
                var (channels, stride) = (64 << stage, stage == 0 ? 1 : 2);
                var inner = Add(x, New(x.Channels, channels, 3, stride));
                _ = stage > 0 ? Add(x, New(x.Channels, channels, 1, 2)) : x;
                x = Add(inner, New(channels, channels, 3, 1));
                x = Add(Add(x, New(channels, channels, 3, 1)), New(channels, channels, 3, 1));
                levels.Add(x);
            }

            var pyramid = levels.Skip(1).Select(c => Add(Add(c, New(c.Channels, Pyramid, 1, 1)), New(Pyramid, Pyramid, 3, 1))).ToList();
            pyramid.Add(Add(pyramid[^1], New(Pyramid, Pyramid, 3, 2)));
            pyramid.Add(Add(pyramid[^1], New(Pyramid, Pyramid, 3, 2)));
            foreach (var outputs in new[] { Anchors * classes, Anchors * 4 })
            {
                var head = Enumerable.Range(0, 5).Select(i => New(Pyramid, i < 4 ? Pyramid : outputs, 3, 1)).ToArray();
                foreach (var level in pyramid)
                {
                    var y = level;
                    foreach (var w in head)
                    {
                        y = Add(y, w);
                    }
                }
            }
        }

        public void Forward(CpuBackend backend)
        {
            foreach (var layer in layers)
            {
                backend.ConvRelu(layer.X, layer.W, layer.Y);
            }
        }

        public void Backward(CpuBackend backend)
        {
            for (var i = layers.Count - 1; i > 0; i--)
            {
                backend.ConvBackward(layers[i].X, layers[i].W, layers[i].Dy, layers[i].Gradients, layers[i].Dx, mask: layers[i].X);
            }

            backend.ConvBackwardWeights(layers[0].X, layers[0].W, layers[0].Dy, layers[0].Gradients);
        }

        private FeatureMap Map(int size, int channels)
        {
            var map = new FeatureMap(Elements, batch, size, size, channels);
            Elements += map.Length;
            return map;
        }

        private ConvParameters New(int input, int output, int kernel, int stride)
        {
            var algorithm = stride > 1 ? ConvAlgorithm.IndirectGemm : kernel == 3 ? ConvAlgorithm.Winograd4 : ConvAlgorithm.Gemm;
            var weights = input * output * kernel * kernel;
            var w = new ConvParameters(
                ParameterStorage.Parameters, Parameters, Parameters + weights, input, output, kernel, stride, kernel / 2, 1, algorithm);
            Parameters += weights + output;
            return w;
        }

        private FeatureMap Add(FeatureMap x, ConvParameters w)
        {
            var size = ((x.Height - 1) / w.Stride) + 1;
            var (y, dy, dx) = (Map(size, w.OutChannels), Map(size, w.OutChannels), Map(x.Height, x.Channels));
            var shared = layers.Exists(l => l.W == w);
            layers.Add(new Layer(x, w, y, dy, dx, new ConvGradients(w.Weight, w.Bias, shared)));
            Macs += y.Length * w.Kernel * w.Kernel * w.InChannels;
            return y;
        }
    }
}
