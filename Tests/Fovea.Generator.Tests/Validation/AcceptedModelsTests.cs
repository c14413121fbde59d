using Fovea.Generator.Tests.Support;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Validation;

// Inside the namespace, so that the spec's enums win over the attributes' of the same names.
using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;

/// <summary>What the validator lets through, the compiler compiles: no declaration ends in an exception of the generator.</summary>
public class AcceptedModelsTests
{
    private static readonly string Source = Declaration.Of(
        "[RetinaNet<BloodCell>(Backbone.Custom)]", "[Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]", "[Pyramid(Channels = 16)]",
        "[InputSize(64, 96)]");

    private static readonly ModelSpec Small = Declaration.Parse(Source);

    public static IEnumerable<object[]> Levels =>
        from min in Enumerable.Range(2, 4) from max in Enumerable.Range(3, 5) where min <= max select new object[] { min, max };

    [Theory]
    [MemberData(nameof(Levels))]
    public void EveryRangeOfLevels_Compiles(int min, int max)
    {
        foreach (var source in new[] { P6Source.P5, P6Source.C5 })
        {
            AssertCompiles(Small with { Pyramid = Small.Pyramid with { MinLevel = min, MaxLevel = max, P6From = source } });
        }
    }

    [Theory]
    [InlineData("FrozenBatchNorm", "Batch")]
    [InlineData("BatchNorm", "Batch")]
    [InlineData("BatchNorm", "Running")]
    [InlineData("GroupNorm", "Batch")]
    public void EveryNorm_CompilesWithEveryNumberOfFrozenStages(string norm, string statistics)
    {
        foreach (var frozen in Enumerable.Range(0, 6))
        {
            foreach (var block in Enum.GetValues<BlockKind>())
            {
                AssertCompiles(Small with
                {
                    Backbone = Small.Backbone with
                    {
                        Block = block,
                        Norm = Enum.Parse<NormKind>(norm),
                        Statistics = Enum.Parse<NormStatisticsKind>(statistics),
                        FrozenStages = frozen,
                        NormGroups = 4,
                    },
                });
            }
        }
    }

    /// <summary>
    /// Arguments from lists of good, extreme and bad values; those that the validator refuses are another test's. The C# compiler reads
    /// every twentieth.
    /// </summary>
    [Fact]
    public void RandomDeclarations_CompileOrAreRefused()
    {
        var random = new Random(20170807);
        var accepted = 0;
        for (var i = 0; i < 400; i++)
        {
            var spec = Draw(random);
            if (SpecValidator.Validate(spec).IsEmpty)
            {
                AssertCompiles(spec);
                if (accepted++ % 20 == 0)
                {
                    AssertGeneratedCodeCompiles(spec);
                }
            }
        }

        Assert.InRange(accepted, 40, 360);
    }

    private static ModelSpec Draw(Random random)
    {
        var channels = Pick(16, 24, 1, 32, 0);
        return Small with
        {
            Backbone = Small.Backbone with
            {
                Block = Pick(BlockKind.Basic, BlockKind.Bottleneck, BlockKind.Bottleneck),
                StageBlocks = new[] { Pick(1, 2), 1, Pick(1, 3), 1 }.ToEquatableArray(),
                BaseWidth = Pick(8, 16, 1, 12),
                Groups = Pick(1, 1, 2, 4),
                WidthPerGroup = Pick(64, 64, 16, 4),
                Norm = Pick(NormKind.FrozenBatchNorm, NormKind.BatchNorm, NormKind.GroupNorm),
                Statistics = Pick(NormStatisticsKind.Batch, NormStatisticsKind.Running),
                FrozenStages = random.Next(0, 6),
                NormGroups = Pick(1, 2, 4, 32),
            },
            Pyramid = new PyramidSpec(random.Next(2, 6), random.Next(3, 8), channels, Pick(P6Source.P5, P6Source.C5)),
            Head = new RetinaNetSpec
            {
                Anchors = Small.Anchors with
                {
                    ScalesPerOctave = Pick(1, 3, 2),
                    Ratios = Pick<double[]>([1], [0.5, 1, 2], [0.01, 100]).ToEquatableArray(),
                    Rounding = Pick(AnchorRounding.TorchVision, AnchorRounding.None),
                    Strides = Pick(AnchorStrides.CanvasOverGrid, AnchorStrides.PowerOfTwo),
                    SizeMajor = Pick(true, false),
                },
                Towers = new TowerSpec(Pick(1, 4, 0), Pick(channels, 8), Pick(NormKind.None, NormKind.GroupNorm), Pick(1, 8, 32), 0.01),
                ClassificationLoss = Pick(
                    Small.ClassificationLoss,
                    new ClassificationLossSpec(ClassificationLossKind.CrossEntropy, -1, 0, 1),
                    new ClassificationLossSpec(ClassificationLossKind.BalancedCrossEntropy, 0.75, 0, 2),
                    new ClassificationLossSpec(ClassificationLossKind.FocalStar, -1, 2, 1) { Beta = 1 },
                    new ClassificationLossSpec(ClassificationLossKind.HardExamples, -1, 0, 1) { HardExamples = new(128, 0.7, 3) }),
                BoxLoss = new BoxLossSpec(Pick("L1", "SmoothL1", "GIoU", "DIoU", "CIoU"), Pick(0, 0.11), 1),
                Matching = Small.Matching with
                {
                    Normalizer = Pick("ImageForeground", "RunningForeground"),
                    AllowLowQuality = Pick(true, false),
                },
                PostProcessing = Small.PostProcessing,
            },
            InputSizes = Pick<CanvasSpec[]>([], [new(32, 32)], [new(640, 480), new(320, 320)], [new(16384, 16384)]).ToEquatableArray(),
            Resize = null,
            InputGradient = Pick(true, false),
        };

        T Pick<T>(params T[] values) => values[random.Next(values.Length)];
    }

    private static void AssertCompiles(ModelSpec spec)
    {
        Assert.Empty(SpecValidator.Validate(spec));
        try
        {
            Assert.NotEqual(0, ModelCompiler.Compile(spec).Count);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"The validator accepts it, the compiler does not: {spec}\n{exception}");
        }
    }

    private static void AssertGeneratedCodeCompiles(ModelSpec spec)
    {
        var program = GeneratorHarness.Compile([Source, .. ModelCompiler.Compile(spec).Select(file => file.Text)]);
        var wrong = program.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id != "CS1591").ToList();
        Assert.True(wrong.Count == 0, $"{spec}\n{string.Join("\n", wrong)}");
    }
}
