using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.CompilerServices;

namespace Fovea.Tests.Goldens;

/// <summary>
/// One layer of an "ops" fixture, run through the CPU backend and compared tensor by tensor. torch's NCHW becomes NHWC and back.
/// </summary>
internal sealed partial class OpsGoldenLayer(GoldenEntry entry, string name, Dictionary<string, GoldenTensor> tensors, string words)
{
    /// <summary>Of the tensor's maximum. fp32 differs from fp64 by up to 1.3e-6 in torch itself.</summary>
    private const double Tolerance = 1e-5;

    public string Name => name;

    public string Words => words;

    /// <summary>Tensors that are neither an operand nor compared yet.</summary>
    public HashSet<string> Unused { get; } = [.. tensors.Keys];

    private float Epsilon => EpsilonPattern().Match(words) is { Success: true } match
        ? float.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : 1e-5f;

    public bool Has(string tensor) => tensors.ContainsKey(tensor);

    /// <summary>Under every algorithm hint: a hint may change the way, never the result.</summary>
    public void Conv(int kernel, int stride, int padding, int groups)
    {
        foreach (var algorithm in Enum.GetValues<ConvAlgorithm>())
        {
            var weight = Take("weight");
            var (cout, cin) = (weight.Shape[0], weight.Shape[1] * groups);
            var values = ToMemory(weight);
            using var rig = new CpuRig(2, trainable: weight.Length + cout);
            var at = rig.Parameter(values);
            var bias = Has("bias") ? rig.Parameter(Take("bias").F32) : -1;
            var w = new ConvParameters(ParameterStorage.Parameters, at, bias, cin, cout, kernel, stride, padding, groups, algorithm);
            var (x, dy) = (Put(rig, "x"), Put(rig, "coef"));
            var (y, dx) = (Like(rig, dy), Like(rig, x));

            rig.Backend.Conv(x, w, y);
            rig.Backend.ConvBackward(x, w, dy, new ConvGradients(at, bias), dx);

            CompareMap("y", rig, y);
            CompareMap("x_grad", rig, dx);
            Compare("weight_grad", ToMemory(tensors["weight_grad"]), rig.Model.Gradients.Span.Slice(at, weight.Length));
            if (bias >= 0)
            {
                Compare("bias_grad", tensors["bias_grad"].F32, rig.Model.Gradients.Span.Slice(bias, cout));
            }

            rig.CheckGaps($"{name} {algorithm}");
        }
    }

    public void MaxPool()
    {
        using var rig = new CpuRig(2);
        var (x, dy) = (Put(rig, "x"), Put(rig, "coef"));
        var (y, dx) = (Like(rig, dy), Like(rig, x));

        rig.Backend.MaxPool(x, y);
        rig.Backend.MaxPoolBackward(x, y, dy, dx);

        CompareMap("y", rig, y);
        CompareMap("x_grad", rig, dx);
    }

    public void BatchNorm()
    {
        var channels = tensors["weight"].Length;
        using var rig = NormRig(channels);
        var p = Parameters(rig, 0, rig.Statistic(new float[channels]), rig.Statistic(new float[channels]));
        var (x, dy) = (Put(rig, "x"), Put(rig, "coef"));
        var (y, dx) = (Like(rig, x), Like(rig, x));
        var stats = rig.Statistics(channels);

        rig.Backend.BatchNorm(x, p, stats, y);
        rig.Backend.BatchNormBackward(x, p, stats, dy, new NormGradients(p.Scale, p.Shift), dx);

        CompareMap("y", rig, y);
        CompareMap("x_grad", rig, dx);
        CompareNormGradients(rig, p);
    }

    public void GroupNorm(int groups)
    {
        using var rig = NormRig(tensors["weight"].Length);
        var p = Parameters(rig, groups, -1, -1);
        var (x, dy) = (Put(rig, "x"), Put(rig, "coef"));
        var (y, dx) = (Like(rig, x), Like(rig, x));
        var stats = rig.Statistics(x.Images * groups);

        rig.Backend.GroupNorm(x, p, stats, y);
        rig.Backend.GroupNormBackward(x, p, stats, dy, new NormGradients(p.Scale, p.Shift), dx);

        CompareMap("y", rig, y);
        CompareMap("x_grad", rig, dx);
        CompareNormGradients(rig, p);
    }

    /// <summary>Forward through the lateral convolution with weights 0.</summary>
    public void Upsample()
    {
        using var rig = new CpuRig(2, trainable: 4096);
        var (top, dy) = (Put(rig, "x"), Put(rig, "coef"));
        var (y, dtop) = (Like(rig, dy), Like(rig, top));
        var zeros = rig.Parameter(new float[top.Channels * top.Channels]);
        var w = new ConvParameters(ParameterStorage.Parameters, zeros, -1, top.Channels, top.Channels, 1, 1, 0, 1, ConvAlgorithm.Gemm);
        var lateral = Like(rig, dy);
        rig.Values(lateral).Clear();

        rig.Backend.ConvUpsampleAdd(lateral, w, top, y);
        rig.Backend.UpsampleBackward(dy, dtop);

        CompareMap("y", rig, y);
        CompareMap("x_grad", rig, dtop);
    }

    /// <summary>
    /// Folded into an identity convolution, as a network folds it; gradients of γ and β through the fold, those of μ and σ² from them.
    /// </summary>
    public void FrozenBatchNorm(string mean, string variance)
    {
        var channels = tensors["weight"].Length;
        using var rig = NormRig(channels);
        var p = Parameters(rig, 0, rig.Statistic(Take(mean).F32), rig.Statistic(Take(variance).F32));
        var x = Put(rig, "x");
        var (w, folded) = Identity(rig, channels, p);
        var y = Like(rig, x);

        rig.Backend.Conv(x, folded, y);

        CompareMap("y", rig, y);
        if (!Has("coef"))
        {
            return;
        }

        var (dy, dx) = (Put(rig, "coef"), Like(rig, x));
        var d = new ConvGradients(w.Weight, p.Shift);
        rig.Backend.ConvBackward(x, folded, dy, d, dx);
        rig.Backend.FoldBatchNormBackward(w, p, d, new NormGradients(p.Scale, p.Shift));
        CompareMap("x_grad", rig, dx);
        CompareNormGradients(rig, p);
        CompareStatisticsGradients(rig, p, mean, variance);
    }

    /// <summary>Several training batches through one module, then evaluation with the statistics they left.</summary>
    public void BatchNormModule()
    {
        var channels = tensors["weight"].Length;
        using var rig = NormRig(channels);
        var p = Parameters(rig, 0, rig.Statistic(Take("running_mean_before").F32), rig.Statistic(Take("running_var_before").F32));
        var stats = rig.Statistics(channels);
        for (var batch = 0; Has($"x.{batch}"); batch++)
        {
            var x = Put(rig, $"x.{batch}");
            var y = Like(rig, x);
            rig.Backend.BatchNorm(x, p, stats, y);
            CompareMap($"y_train.{batch}", rig, y);
            var running = rig.Model.Statistics.Span;
            Compare($"running_mean_after.{batch}", tensors[$"running_mean_after.{batch}"].F32, running.Slice(p.Mean, channels));
            Compare($"running_var_after.{batch}", tensors[$"running_var_after.{batch}"].F32, running.Slice(p.Variance, channels));
            if (Has($"y_eval.{batch}"))
            {
                var (_, folded) = Identity(rig, channels, p);
                rig.Backend.Conv(x, folded, y);
                CompareMap($"y_eval.{batch}", rig, y);
            }
        }
    }

    [GeneratedRegex(@"\beps[ =]([\d.e-]+)")]
    private static partial Regex EpsilonPattern();

    private static CpuRig NormRig(int channels) =>
        new(2, trainable: (2 * channels) + (channels * channels), statistics: 2 * channels, folded: channels + (channels * channels));

    private NormParameters Parameters(CpuRig rig, int groups, int mean, int variance)
    {
        var gamma = Take("weight").F32;
        return new NormParameters(
            rig.Parameter(gamma), rig.Parameter(Take("bias").F32), mean, variance, gamma.Length, groups, Epsilon, 0.1f);
    }

    private static (ConvParameters Source, ConvParameters Folded) Identity(CpuRig rig, int channels, NormParameters p)
    {
        var identity = new float[channels * channels];
        for (var c = 0; c < channels; c++)
        {
            identity[(c * channels) + c] = 1;
        }

        var source = new ConvParameters(
            ParameterStorage.Parameters, rig.Parameter(identity), -1, channels, channels, 1, 1, 0, 1, ConvAlgorithm.Gemm);
        var folded = source with { Storage = ParameterStorage.Folded, Weight = 0, Bias = channels * channels };
        rig.Backend.FoldBatchNorm(source, p, folded);
        return (source, folded);
    }

    private static FeatureMap Like(CpuRig rig, FeatureMap map) => rig.Map(map.Images, map.Height, map.Width, map.Channels);

    private GoldenTensor Take(string tensor)
    {
        Unused.Remove(tensor);
        return tensors[tensor];
    }

    /// <summary>A tensor [N, C, H, W] as a map.</summary>
    private FeatureMap Put(CpuRig rig, string tensor)
    {
        var t = Take(tensor);
        return rig.Map(t.Shape[0], t.Shape[2], t.Shape[3], t.Shape[1], ToMemory(t));
    }

    /// <summary>[A, B, H, W] → [A, H, W, B]: NCHW activations, and torch's weights [Cout, Cin, R, S].</summary>
    private static float[] ToMemory(GoldenTensor tensor)
    {
        var (a, b, h, w) = (tensor.Shape[0], tensor.Shape[1], tensor.Shape[2], tensor.Shape[3]);
        var source = tensor.F32;
        var result = new float[source.Length];
        for (var i = 0; i < source.Length; i++)
        {
            var (n, c, y, x) = (i / w / h / b, i / w / h % b, i / w % h, i % w);
            result[(((((n * h) + y) * w) + x) * b) + c] = source[i];
        }

        return result;
    }

    private void CompareMap(string tensor, CpuRig rig, FeatureMap actual) => Compare(tensor, ToMemory(tensors[tensor]), rig.Values(actual));

    private void CompareNormGradients(CpuRig rig, NormParameters p)
    {
        Compare("weight_grad", tensors["weight_grad"].F32, rig.Model.Gradients.Span.Slice(p.Scale, p.Channels));
        Compare("bias_grad", tensors["bias_grad"].F32, rig.Model.Gradients.Span.Slice(p.Shift, p.Channels));
    }

    /// <summary>With r = 1/√(σ² + ε): dμ = −γ·r·dβ, dσ² = −γ·r²·dγ/2.</summary>
    private void CompareStatisticsGradients(CpuRig rig, NormParameters p, string mean, string variance)
    {
        var (dmean, dvariance) = (new float[p.Channels], new float[p.Channels]);
        for (var c = 0; c < p.Channels; c++)
        {
            var gamma = tensors["weight"].F32[c];
            var inverse = 1 / Math.Sqrt(tensors[variance].F32[c] + p.Epsilon);
            dmean[c] = (float)(-gamma * inverse * rig.Model.Gradients.Span[p.Shift + c]);
            dvariance[c] = (float)(-gamma * inverse * inverse * rig.Model.Gradients.Span[p.Scale + c] / 2);
        }

        Compare($"{mean}_grad", tensors[$"{mean}_grad"].F32, dmean);
        Compare($"{variance}_grad", tensors[$"{variance}_grad"].F32, dvariance);
    }

    private void Compare(string tensor, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        GoldenAssert.Close(entry, $"{name}.{tensor}", expected, actual, Tolerance);
        Unused.Remove(tensor);
    }
}
