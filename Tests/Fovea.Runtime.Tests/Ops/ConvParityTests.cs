using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Fovea.Cpu;
using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Tests.Ops;

/// <summary>
/// Every form, epilogue and vector width against the scalar reference. Operands lie between guard elements that must not change.
/// </summary>
public sealed class ConvParityTests
{
    public static TheoryData<ConvCase, string> Cases
    {
        get
        {
            var data = new TheoryData<ConvCase, string>();
            foreach (var c in ConvCase.All)
            {
                foreach (var kernels in CpuKernelTable.Available)
                {
                    data.Add(c, kernels.Name);
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Widths => [.. CpuKernelTable.Available.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Forward_equals_the_reference_with_every_epilogue(ConvCase c, string kernels)
    {
        using var f = new ConvFixture(c, Kernels(kernels), topHeight: (c.OutHeight + 1) / 2, topWidth: (c.OutWidth + 1) / 2);
        var plain = f.ExpectedForward();
        Check(f, c, "conv", plain, () => f.Backend.Conv(f.X, f.W, f.Y));

        var relu = (float[])plain.Clone();
        ConvReference.Relu(relu);
        Check(f, c, "conv+relu", relu, () => f.Backend.ConvRelu(f.X, f.W, f.Y));

        var add = (float[])plain.Clone();
        ConvReference.Add(f.Values(f.AddY), add);
        Check(f, c, "conv+add", add, () => f.Backend.ConvAdd(f.X, f.W, f.AddY, f.Y));

        ConvReference.Relu(add);
        Check(f, c, "conv+add+relu", add, () => f.Backend.ConvAddRelu(f.X, f.W, f.AddY, f.Y));

        f.Values(f.AddY).CopyTo(f.Values(f.Y));
        Check(f, c, "conv+add+relu in place", add, () => f.Backend.ConvAddRelu(f.X, f.W, f.Y, f.Y));

        var upsampled = (float[])plain.Clone();
        ConvReference.AddNearest(f.Values(f.Top), f.Top, upsampled, f.Y);
        Check(f, c, "conv+upsample", upsampled, () => f.Backend.ConvUpsampleAdd(f.X, f.W, f.Top, f.Y));
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Backward_to_the_input_equals_the_reference(ConvCase c, string kernels)
    {
        using var f = new ConvFixture(c, Kernels(kernels));
        var plain = f.ExpectedBackwardData();
        var tolerance = c.Tolerance((long)c.Kernel * c.Kernel * (c.Out / c.Groups));
        CheckDx("dx", plain, () => f.Backend.ConvBackwardData(f.W, f.Y, f.Dx));

        var added = (float[])plain.Clone();
        ConvReference.Add(f.Values(f.AddX), added);
        CheckDx("dx+accumulate", added, () => f.Backend.ConvBackwardData(f.W, f.Y, f.Dx, accumulate: f.AddX));

        ConvReference.Mask(f.Values(f.X), added);
        CheckDx("masked dx+accumulate", added, () => f.Backend.ConvBackwardData(f.W, f.Y, f.Dx, f.X, f.AddX));

        f.Values(f.AddX).CopyTo(f.Values(f.Dx));
        CheckDx("masked dx+accumulate in place", added, () => f.Backend.ConvBackwardData(f.W, f.Y, f.Dx, f.X, f.Dx));

        ConvReference.Mask(f.Values(f.X), plain);
        CheckDx("masked dx", plain, () => f.Backend.ConvBackwardData(f.W, f.Y, f.Dx, f.X));

        void CheckDx(string what, float[] expected, Action run)
        {
            var before = f.Arena.ToArray();
            run();
            ConvAssert.Close($"{c.Name} {kernels} {what}", expected, f.Values(f.Dx), tolerance);
            ConvAssert.SameOutside($"{c.Name} {kernels} {what}", before, f.Arena, f.Dx.Offset, f.Dx.Length);
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Backward_to_the_weights_equals_the_reference(ConvCase c, string kernels)
    {
        using var f = new ConvFixture(c, Kernels(kernels));
        var (dw, db) = f.ExpectedBackwardWeights();
        var tolerance = c.Tolerance(f.Y.Cells);
        var before = f.Gradients.ToArray();

        f.Backend.ConvBackwardWeights(f.X, f.W, f.Y, f.D);
        ConvAssert.Close($"{c.Name} {kernels} dw", dw, f.Dw, tolerance);
        ConvAssert.Close($"{c.Name} {kernels} db", db, f.Db, c.Tolerance(f.Y.Cells));
        ConvAssert.SameOutside($"{c.Name} {kernels}", before.AsSpan(0, f.D.Bias), f.Gradients[..f.D.Bias], f.D.Weight, f.W.WeightLength);
        Numbers.SameBits($"{c.Name} {kernels} after db", before.AsSpan(f.D.Bias + c.Out), f.Gradients[(f.D.Bias + c.Out)..]);

        f.Backend.ConvBackwardWeights(f.X, f.W, f.Y, f.D.Accumulating);
        ConvAssert.Close($"{c.Name} {kernels} dw twice", [.. dw.Select(v => 2 * v)], f.Dw, 2 * tolerance);
        ConvAssert.Close($"{c.Name} {kernels} db twice", [.. db.Select(v => 2 * v)], f.Db, 2 * tolerance);

        var once = f.Db.ToArray();
        f.Backend.ConvBackwardWeights(f.X, f.W, f.Y, f.D with { Bias = -1 });
        ConvAssert.Close($"{c.Name} {kernels} dw without db", dw, f.Dw, tolerance);
        Numbers.SameBits($"{c.Name} {kernels} db unwanted", once, f.Db);
    }

    [Fact]
    public void The_two_gradients_in_one_call_are_those_of_two_calls()
    {
        var c = ConvCase.All.First(c => c.Name == "3x3 stride 2");
        using var f = new ConvFixture(c, CpuKernelTable.Best);
        f.Backend.ConvBackwardWeights(f.X, f.W, f.Y, f.D);
        f.Backend.ConvBackwardData(f.W, f.Y, f.Dx, f.X, f.AddX);
        var (dw, masked) = (f.Gradients.ToArray(), f.Values(f.Dx).ToArray());
        f.Backend.ConvBackwardData(f.W, f.Y, f.Dx, accumulate: f.AddX);
        var plain = f.Values(f.Dx).ToArray();
        f.Gradients.Clear();
        f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.Dx, f.X, f.AddX);
        Numbers.SameBits("masked dx", masked, f.Values(f.Dx));
        Numbers.SameBits("dw", dw.AsSpan(f.D.Weight, f.W.WeightLength), f.Dw);
        f.Gradients.Clear();
        f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.Dx, accumulate: f.AddX);
        Numbers.SameBits("dx", plain, f.Values(f.Dx));
        Numbers.SameBits("dw", dw.AsSpan(f.D.Weight, f.W.WeightLength), f.Dw);
    }

    [Theory]
    [MemberData(nameof(Widths), DisableDiscoveryEnumeration = true)]
    public void The_gradient_of_x_may_lie_over_x(string kernels)
    {
        foreach (var c in ConvCase.All)
        {
            using var f = new ConvFixture(c, Kernels(kernels));
            f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.Dx, f.X);
            var (dw, db, dx) = (f.Dw.ToArray(), f.Db.ToArray(), f.Values(f.Dx).ToArray());
            f.Gradients.Clear();
            f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.X, f.X);
            Numbers.SameBits($"{c.Name} {kernels} dw", dw, f.Dw);
            Numbers.SameBits($"{c.Name} {kernels} db", db, f.Db);
            Numbers.SameBits($"{c.Name} {kernels} dx", dx, f.Values(f.X));
        }
    }

    [Fact]
    public void Changed_weights_are_packed_again()
    {
        var c = ConvCase.All.First(c => c.Name == "Winograd, whole tiles");
        using var f = new ConvFixture(c, CpuKernelTable.Best);
        f.Backend.Conv(f.X, f.W, f.Y);
        f.Weight.Reverse();
        f.Model.ParametersChanged();
        f.Backend.Conv(f.X, f.W, f.Y);
        ConvAssert.Close("y", f.ExpectedForward(), f.Values(f.Y), c.Tolerance(c.Depth));
    }

    [Fact]
    public void The_cases_that_name_Winograd_use_it()
    {
        foreach (var c in ConvCase.All.Where(c => c.Name.StartsWith("Winograd,", StringComparison.Ordinal)))
        {
            using var f = new ConvFixture(c, CpuKernelTable.Best);
            Assert.True(WinogradTiles.Applies(f.W, f.Y, 12), c.Name);
            Assert.True(WinogradTiles.Applies(f.W, f.X, 12), c.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Widths), DisableDiscoveryEnumeration = true)]
    public void Large_Winograd_convolutions_equal_the_direct_form(string kernels)
    {
        // several chunks of tiles, several tasks of strips: too large for the scalar reference
        var c = new ConvCase("large", 3, 32, 30, 512, 500, 3, 1, 1, 1, ConvAlgorithm.Winograd4);
        using var f = new ConvFixture(c, Kernels(kernels));
        var direct = f.W with { Algorithm = ConvAlgorithm.IndirectGemm };
        Assert.True(new WinogradWeightGradientPlan(f.X, f.Y, f.W, Kernels(kernels)).Chunks > 1);
        f.Backend.ConvBackward(f.X, direct, f.Y, f.D, f.Dx, f.X, f.AddX);
        var (dw, db, dx) = (f.Dw.ToArray(), f.Db.ToArray(), f.Values(f.Dx).ToArray());
        f.Backend.ConvBackward(f.X, f.W, f.Y, f.D, f.Dx, f.X, f.AddX);
        ConvAssert.Close("dw", dw, f.Dw, c.Tolerance(f.Y.Cells));
        ConvAssert.Close("db", db, f.Db, c.Tolerance(f.Y.Cells));
        ConvAssert.Close("dx", dx, f.Values(f.Dx), c.Tolerance(9 * c.Out));
        f.Backend.ConvAddRelu(f.X, direct, f.AddY, f.Y);
        var y = f.Values(f.Y).ToArray();
        f.Backend.ConvAddRelu(f.X, f.W, f.AddY, f.Y);
        ConvAssert.Close("y", y, f.Values(f.Y), c.Tolerance(c.Depth));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_both_named()
    {
        using var f = new ConvFixture(ConvCase.All[0], CpuKernelTable.Best);
        var e = Assert.Throws<ArgumentException>(() => f.Backend.Conv(f.X, f.W, f.Y with { Height = 5 }));
        Assert.Contains("expected [2,8,12,64]", e.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 60)]
    public Property Random_shapes_equal_the_reference() => Prop.ForAll(RandomCase().ToArbitrary(), c =>
    {
        using var f = new ConvFixture(c, CpuKernelTable.Available[(c.Height + c.Width) % CpuKernelTable.Available.Count]);
        var (dw, db) = f.ExpectedBackwardWeights();
        f.Backend.ConvBackwardWeights(f.X, f.W, f.Y, f.D);
        ConvAssert.Close($"{c} dw", dw, f.Dw, c.Tolerance(f.Y.Cells));
        ConvAssert.Close($"{c} db", db, f.Db, c.Tolerance(f.Y.Cells));
        var dx = f.ExpectedBackwardData();
        f.Backend.ConvBackwardData(f.W, f.Y, f.Dx);
        ConvAssert.Close($"{c} dx", dx, f.Values(f.Dx), c.Tolerance((long)c.Kernel * c.Kernel * c.Out / c.Groups));
        var y = f.ExpectedForward();
        f.Backend.Conv(f.X, f.W, f.Y);
        ConvAssert.Close($"{c} y", y, f.Values(f.Y), c.Tolerance(c.Depth));
        return true;
    });

    private static Gen<ConvCase> RandomCase() =>
        from kernel in Gen.Elements(1, 2, 3, 5, 7)
        from stride in Gen.Choose(1, 3)
        from padding in Gen.Choose(0, kernel / 2)
        from groups in Gen.Elements(1, 1, 1, 2, 3, 8)
        from input in Gen.Choose(1, 40)
        from output in Gen.Choose(1, 40)
        from height in Gen.Choose(kernel, 17)
        from width in Gen.Choose(kernel, 17)
        from images in Gen.Choose(1, 3)
        let name = $"{images}x{height}x{width} {input * groups}->{output * groups} k{kernel} s{stride} p{padding} g{groups}"
        let algorithm = kernel == 3 && stride == 1 && groups == 1 ? ConvAlgorithm.Winograd4 : ConvAlgorithm.IndirectGemm
        select new ConvCase(name, images, height, width, input * groups, output * groups, kernel, stride, padding, groups, algorithm);

    private static CpuKernelTable Kernels(string name) => CpuKernelTable.Available.First(t => t.Name == name);

    private static void Check(ConvFixture f, ConvCase c, string what, float[] expected, Action run)
    {
        var before = f.Arena.ToArray();
        run();
        ConvAssert.Close($"{c.Name} {what}", expected, f.Values(f.Y), c.Tolerance(c.Depth));
        ConvAssert.SameOutside($"{c.Name} {what}", before, f.Arena, f.Y.Offset, f.Y.Length);
    }
}
