using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

[Collection(SerialSimulator.Name)]
public sealed class ConvolutionTests : SimulatorTest
{
    public static TheoryData<string, Precision> Cases
    {
        get
        {
            var data = new TheoryData<string, Precision>();
            foreach (var c in ConvolutionCase.All)
            {
                foreach (var precision in Enum.GetValues<Precision>())
                {
                    data.Add(c.Name, precision);
                }
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Every_direction_and_epilogue_equals_the_reference(string name, Precision precision)
    {
        using var convolutions = Open();
        foreach (var shape in ShapesOf(name, precision))
        {
            Assert.True(convolutions.TryPrepare(shape, out var plan), convolutions.Refusal);
            var check = new ConvolutionCheck(Driver, Stream, shape, seed: name.Length);
            Assert.Null(check.Compare(check.Run(convolutions, plan)));
            Assert.Null(check.Compare(check.Run(convolutions, plan, inPlace: true)));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void The_legacy_calls_equal_the_reference_where_they_know_the_shape(string name, Precision precision)
    {
        using var none = Simulator.Provoke("SIMULATOR_NO_ENGINE");
        using var convolutions = Open(legacy: true);
        foreach (var shape in ShapesOf(name, precision))
        {
            Assert.Equal(CudnnLegacy.Knows(shape), convolutions.TryPrepare(shape, out var plan));
            if (plan is not null)
            {
                Assert.StartsWith("legacy", plan.Engine, StringComparison.Ordinal);
                var check = new ConvolutionCheck(Driver, Stream, shape, seed: name.Length);
                Assert.Null(check.Compare(check.Run(convolutions, plan)));
            }
        }
    }

    [SkippableFact]
    public void Float32_is_not_rounded_and_TensorFloat32_is()
    {
        using var convolutions = Open();
        var shape = ConvolutionCase.All[2].With(ConvolutionDirection.Forward, Precision.Float32);
        Assert.True(convolutions.TryPrepare(shape, out var exact));
        Assert.True(convolutions.TryPrepare(shape with { Precision = Precision.TensorFloat32 }, out var rounded));
        Assert.Equal("engine 13", exact.Engine);
        Assert.Equal("engine 12 knobs 6=0", rounded.Engine);
        var check = new ConvolutionCheck(Driver, Stream, shape, seed: 5);
        Assert.Null(check.Compare(check.Run(convolutions, exact)));
        Assert.NotNull(check.Compare(check.Run(convolutions, rounded)));
    }

    [SkippableFact]
    public void A_warm_run_allocates_nothing()
    {
        using var convolutions = Open();
        using var memory = new DeviceScope(Driver, Stream);
        var shape = ConvolutionCase.All[2].With(
            ConvolutionDirection.Forward, Precision.BFloat16,
            ConvolutionEpilogue.Add | ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu);
        Assert.True(convolutions.TryPrepare(shape, out _));
        var (first, second) = (Place(memory, shape), Place(memory, shape));
        var workspace = memory.Upload(new byte[1 << 16], 0, 0);
        Allocations.AssertNone("three runs", Both, warmUps: 3);

        void Both()
        {
            // The same addresses again, then others, as layers of one shape have them.
            Assert.True(convolutions.TryPrepare(shape, out var plan));
            convolutions.Execute(plan, Stream, first, workspace);
            convolutions.Execute(plan, Stream, first, workspace);
            convolutions.Execute(plan, Stream, second, workspace);
        }
    }

    private static ConvolutionOperands Place(DeviceScope memory, ConvolutionShape shape) =>
        new ConvolutionScratch(memory.Upload(new byte[shape.ScratchBytes()], 0, 0), shape.ScratchBytes()).Lay(shape);

    private static IEnumerable<ConvolutionShape> ShapesOf(string name, Precision precision)
    {
        var c = ConvolutionCase.All.Single(c => c.Name == name);
        foreach (var direction in Enum.GetValues<ConvolutionDirection>())
        {
            foreach (var epilogue in ConvolutionCase.EpiloguesOf(direction))
            {
                yield return c.With(direction, precision, epilogue);
            }
        }
    }
}
