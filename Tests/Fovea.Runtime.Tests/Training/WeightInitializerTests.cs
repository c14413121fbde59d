using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;
using Fovea.Training;

namespace Fovea.Tests.Training;

public class WeightInitializerTests
{
    private static readonly TensorInfo Conv =
        new("backbone.body.layer1.0.conv1.weight", TensorRole.ConvWeight, TensorStorage.Trainable, 0, [64, 64, 3, 3], Initializer.KaimingNormalFanOut, 0);

    [Fact]
    public void Kaiming_normal_has_the_deviation_of_its_fan_out()
    {
        var (mean, deviation, kurtosis) = Moments(Fill(Conv, 1));
        var expected = Math.Sqrt(2.0 / (64 * 9));
        Assert.InRange(mean / expected, -0.02, 0.02);
        Assert.InRange(deviation / expected, 0.99, 1.01);
        Assert.InRange(kurtosis, 2.9, 3.1);
    }

    [Fact]
    public void Normal_has_the_declared_deviation()
    {
        var (_, deviation, _) = Moments(Fill(Conv with { Initializer = Initializer.Normal, InitialValue = 0.01f }, 1));
        Assert.InRange(deviation, 0.0099, 0.0101);
    }

    [Fact]
    public void Kaiming_uniform_fills_the_bounds_of_its_fan_in()
    {
        var values = Fill(Conv with { Initializer = Initializer.KaimingUniform, Shape = [256, 64, 1, 1] }, 1);
        var bound = Math.Sqrt(3.0 / 64);
        Assert.InRange(values.Max(), 0.99 * bound, bound);
        Assert.InRange(values.Min(), -bound, -0.99 * bound);
        Assert.InRange(Moments(values).Deviation / (bound / Math.Sqrt(3)), 0.99, 1.01);
    }

    [Fact]
    public void Constants_are_constant() =>
        Assert.All(Fill(Conv with { Initializer = Initializer.Constant, InitialValue = -4.5f, Shape = [8] }, 1), v => Assert.Equal(-4.5f, v));

    [Fact]
    public void Seeds_and_keys_have_streams_of_their_own()
    {
        var first = Fill(Conv, 1);
        Assert.Equal(first, Fill(Conv, 1));
        Assert.NotEqual(first, Fill(Conv, 2));
        Assert.NotEqual(first, Fill(Conv with { Key = "backbone.body.layer1.0.conv2.weight" }, 1));
    }

    /// <summary>The bits are part of the contract: a change here changes every model that anyone trains from a seed.</summary>
    [Fact]
    public void Values_have_the_same_bits_on_every_machine()
    {
        var normal = Fill(Conv, 42);
        var uniform = Fill(Conv with { Initializer = Initializer.KaimingUniform }, 42);
        Assert.Equal(Pinned, Hash(normal) + " " + Hash(uniform));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.9999999999)]
    [InlineData(0.5)]
    [InlineData(0.70710678)]
    [InlineData(1.5)]
    [InlineData(1e-12)]
    [InlineData(3.0517578125e-05)]
    [InlineData(12345.678)]
    public void Our_logarithm_is_the_librarys_within_two_ulps(double x)
    {
        var expected = Math.Log(x);
        Assert.InRange(WeightInitializer.Log(x), expected - (5e-16 * Math.Max(Math.Abs(expected), 1e-10)), expected + (5e-16 * Math.Max(Math.Abs(expected), 1e-10)));
    }

    private const string Pinned = "97ebcba950e43d48 535ec76c90e8644f";

    private static float[] Fill(TensorInfo tensor, ulong seed)
    {
        var values = new float[tensor.Length];
        WeightInitializer.Fill(tensor, seed, values);
        return values;
    }

    private static (double Mean, double Deviation, double Kurtosis) Moments(float[] values)
    {
        var mean = values.Average(v => (double)v);
        var variance = values.Average(v => (v - mean) * (v - mean));
        return (mean, Math.Sqrt(variance), values.Average(v => Math.Pow(v - mean, 4)) / (variance * variance));
    }

    private static string Hash(float[] values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values)))[..16];
}
