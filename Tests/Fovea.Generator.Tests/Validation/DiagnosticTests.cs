using Fovea.Generator.Tests.Support;
using Fovea.Generator.Validation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fovea.Generator.Tests.Validation;

/// <summary>Each wrong argument is one error, on the argument, and the rest of the program compiles.</summary>
public class DiagnosticTests
{
    /// <summary>Id, what it underlines, the attributes.</summary>
    public static TheoryData<string, string, string> WrongArguments => new()
    {
        { "FOV020", "(Backbone)49", "[RetinaNet<BloodCell>((Backbone)49)]" },
        { "FOV020", "preset: (Preset)9", "[RetinaNet<BloodCell>(preset: (Preset)9)]" },
        { "FOV020", "Norm = (Norm)7", "[RetinaNet<BloodCell>, Backbone(Norm = (Norm)7)]" },
        { "FOV020", "NormStatistics = (NormStatistics)2", "[RetinaNet<BloodCell>, Backbone(NormStatistics = (NormStatistics)2)]" },
        { "FOV020", "Block = (ResidualBlock)(-1)", "[RetinaNet<BloodCell>, Backbone(Block = (ResidualBlock)(-1))]" },
        { "FOV020", "P6From = (P6Source)2", "[RetinaNet<BloodCell>, Pyramid(P6From = (P6Source)2)]" },
        { "FOV020", "Rounding = (AnchorRounding)2", "[RetinaNet<BloodCell>, Anchors(Rounding = (AnchorRounding)2)]" },
        { "FOV020", "Strides = (AnchorStrides)2", "[RetinaNet<BloodCell>, Anchors(Strides = (AnchorStrides)2)]" },
        { "FOV020", "Norm = (HeadNorm)2", "[RetinaNet<BloodCell>, Head(Norm = (HeadNorm)2)]" },
        { "FOV020", "(BoxLoss)5", "[RetinaNet<BloodCell>, BoxLoss((BoxLoss)5)]" },
        { "FOV020", "Normalizer = (LossNormalization)2", "[RetinaNet<BloodCell>, Matching(Normalizer = (LossNormalization)2)]" },
        { "FOV020", "Rule = (ResizeRule)2", "[RetinaNet<BloodCell>, Resize(Rule = (ResizeRule)2)]" },
        { "FOV021", "Backbone.Custom", "[RetinaNet<BloodCell>(Backbone.Custom)]" },
        { "FOV021", "Backbone.Custom", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(BaseWidth = 8)]" },
        { "FOV021", "StageBlocks = new int[0]", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = new int[0])]" },
        { "FOV022", "Groups = 2", "[RetinaNet<BloodCell>(Backbone.ResNet34), Backbone(Groups = 2)]" },
        { "FOV022", "StageBlocks = [1, 1, 1, 1]", "[RetinaNet<BloodCell>, Backbone(StageBlocks = [1, 1, 1, 1])]" },
        { "FOV022", "Block = ResidualBlock.Basic", "[RetinaNet<BloodCell>, Backbone(Block = ResidualBlock.Basic)]" },
        { "FOV022", "BaseWidth = 32", "[RetinaNet<BloodCell>, Backbone(BaseWidth = 32)]" },
        { "FOV022", "WidthPerGroup = 128", "[RetinaNet<BloodCell>, Backbone(WidthPerGroup = 128)]" },
        { "FOV023", "StageBlocks = [1, 1, 1]", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1])]" },
        { "FOV023", "StageBlocks = [1, 1, 0, 1]", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 0, 1])]" },
        { "FOV024", "BaseWidth = 0", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 0)]" },
        { "FOV024", "Groups = -4", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1, 1], Groups = -4)]" },
        { "FOV024", "WidthPerGroup = 0", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1, 1], WidthPerGroup = 0)]" },
        { "FOV024", "NormGroups = 0", "[RetinaNet<BloodCell>, Backbone(Norm = Norm.GroupNorm, NormGroups = 0)]" },
        { "FOV025", "Groups = 2", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], Groups = 2)]" },
        { "FOV025", "WidthPerGroup = 4", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], WidthPerGroup = 4)]" },
        { "FOV026", "WidthPerGroup = 4", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 8, WidthPerGroup = 4)]" },
        { "FOV027", "NormGroups = 24", "[RetinaNet<BloodCell>, Backbone(Norm = Norm.GroupNorm, NormGroups = 24)]" },
        { "FOV027", "BaseWidth = 8", "[RetinaNet<BloodCell>(Backbone.Custom), Backbone(StageBlocks = [1, 1, 1, 1], BaseWidth = 8, Norm = Norm.GroupNorm)]" },
        { "FOV028", "FrozenStages = 6", "[RetinaNet<BloodCell>, Backbone(FrozenStages = 6)]" },
        { "FOV028", "FrozenStages = -1", "[RetinaNet<BloodCell>, Backbone(FrozenStages = -1)]" },
        { "FOV030", "MinLevel = 1", "[RetinaNet<BloodCell>, Pyramid(MinLevel = 1)]" },
        { "FOV030", "MaxLevel = 8", "[RetinaNet<BloodCell>, Pyramid(MaxLevel = 8)]" },
        { "FOV031", "MaxLevel = 3", "[RetinaNet<BloodCell>, Pyramid(MinLevel = 4, MaxLevel = 3)]" },
        { "FOV032", "Channels = 0", "[RetinaNet<BloodCell>, Pyramid(Channels = 0)]" },
        { "FOV032", "Channels = -256", "[RetinaNet<BloodCell>, Pyramid(Channels = -256)]" },
        { "FOV035", "BaseSize = 0", "[RetinaNet<BloodCell>, Anchors(BaseSize = 0)]" },
        { "FOV035", "BaseSize = double.NaN", "[RetinaNet<BloodCell>, Anchors(BaseSize = double.NaN)]" },
        { "FOV036", "ScalesPerOctave = 0", "[RetinaNet<BloodCell>, Anchors(ScalesPerOctave = 0)]" },
        { "FOV037", "Ratios = [1, -1]", "[RetinaNet<BloodCell>, Anchors(Ratios = [1, -1])]" },
        { "FOV037", "Ratios = []", "[RetinaNet<BloodCell>, Anchors(Ratios = [])]" },
        { "FOV037", "Ratios = null!", "[RetinaNet<BloodCell>, Anchors(Ratios = null!)]" },
        { "FOV037", "Ratios = [1, 2, 1]", "[RetinaNet<BloodCell>, Anchors(Ratios = [1, 2, 1])]" },
        { "FOV040", "Depth = 0", "[RetinaNet<BloodCell>, Head(Depth = 0)]" },
        { "FOV040", "Width = -1", "[RetinaNet<BloodCell>, Head(Width = -1)]" },
        { "FOV040", "Groups = 0", "[RetinaNet<BloodCell>, Head(Norm = HeadNorm.GroupNorm, Groups = 0)]" },
        { "FOV041", "Groups = 24", "[RetinaNet<BloodCell>, Head(Norm = HeadNorm.GroupNorm, Groups = 24)]" },
        { "FOV041", "Channels = 24", "[RetinaNet<BloodCell>(Preset.TorchVisionV2), Pyramid(Channels = 24)]" },
        { "FOV042", "Prior = 0", "[RetinaNet<BloodCell>, Head(Prior = 0)]" },
        { "FOV042", "Prior = 1", "[RetinaNet<BloodCell>, Head(Prior = 1)]" },
        { "FOV050", "CrossEntropyLoss", "[RetinaNet<BloodCell>, FocalLoss, CrossEntropyLoss]" },
        { "FOV051", "Alpha = 1.5", "[RetinaNet<BloodCell>, FocalLoss(Alpha = 1.5)]" },
        { "FOV051", "Alpha = -0.1", "[RetinaNet<BloodCell>, BalancedCrossEntropyLoss(Alpha = -0.1)]" },
        { "FOV051", "Alpha = double.NaN", "[RetinaNet<BloodCell>, FocalLoss(Alpha = double.NaN)]" },
        { "FOV052", "Gamma = -1", "[RetinaNet<BloodCell>, FocalLoss(Gamma = -1)]" },
        { "FOV052", "Gamma = 0.0 / 0", "[RetinaNet<BloodCell>, FocalLoss(Alpha = 0.5, Gamma = 0.0 / 0)]" },
        { "FOV052", "Gamma = double.PositiveInfinity", "[RetinaNet<BloodCell>, FocalLoss(Gamma = double.PositiveInfinity)]" },
        { "FOV053", "Weight = -1", "[RetinaNet<BloodCell>, FocalLoss(Weight = -1)]" },
        { "FOV053", "Weight = -1", "[RetinaNet<BloodCell>, CrossEntropyLoss(Weight = -1)]" },
        { "FOV053", "Weight = double.MaxValue", "[RetinaNet<BloodCell>, BoxLoss(Weight = double.MaxValue)]" },
        { "FOV054", "Beta = -0.5", "[RetinaNet<BloodCell>, BoxLoss(BoxLoss.SmoothL1, Beta = -0.5)]" },
        { "FOV050", "OnlineHardExampleMining", "[RetinaNet<BloodCell>, FocalLossStar, OnlineHardExampleMining]" },
        { "FOV053", "Weight = -1", "[RetinaNet<BloodCell>, FocalLossStar(Weight = -1)]" },
        { "FOV055", "Gamma = 0", "[RetinaNet<BloodCell>, FocalLossStar(Gamma = 0)]" },
        { "FOV055", "Gamma = double.NaN", "[RetinaNet<BloodCell>, FocalLossStar(Gamma = double.NaN)]" },
        { "FOV055", "Gamma = 101", "[RetinaNet<BloodCell>, FocalLossStar(Gamma = 101)]" },
        { "FOV056", "Beta = 1000", "[RetinaNet<BloodCell>, FocalLossStar(Beta = 1000)]" },
        { "FOV056", "Beta = double.NegativeInfinity", "[RetinaNet<BloodCell>, FocalLossStar(Beta = double.NegativeInfinity)]" },
        { "FOV057", "BatchSize = 0", "[RetinaNet<BloodCell>, OnlineHardExampleMining(BatchSize = 0)]" },
        { "FOV057", "BatchSize = 100001", "[RetinaNet<BloodCell>, OnlineHardExampleMining(BatchSize = 100001, PositiveRatio = 3)]" },
        { "FOV058", "NmsIoU = 0", "[RetinaNet<BloodCell>, OnlineHardExampleMining(NmsIoU = 0)]" },
        { "FOV058", "NmsIoU = 1.5", "[RetinaNet<BloodCell>, OnlineHardExampleMining(NmsIoU = 1.5)]" },
        { "FOV059", "PositiveRatio = -1", "[RetinaNet<BloodCell>, OnlineHardExampleMining(PositiveRatio = -1)]" },
        { "FOV059", "PositiveRatio = 3", "[RetinaNet<BloodCell>, OnlineHardExampleMining(BatchSize = 3, PositiveRatio = 3)]" },
        { "FOV059", "PositiveRatio = 1001", "[RetinaNet<BloodCell>, OnlineHardExampleMining(BatchSize = 5000, PositiveRatio = 1001)]" },
        { "FOV087", "NmsIoU = 1e-46", "[RetinaNet<BloodCell>, OnlineHardExampleMining(NmsIoU = 1e-46)]" },
        { "FOV087", "Gamma = 1e-60", "[RetinaNet<BloodCell>, FocalLossStar(Gamma = 1e-60)]" },
        { "FOV060", "ForegroundIoU = 1.1", "[RetinaNet<BloodCell>, Matching(ForegroundIoU = 1.1)]" },
        { "FOV060", "BackgroundIoU = 0", "[RetinaNet<BloodCell>, Matching(BackgroundIoU = 0)]" },
        { "FOV061", "BackgroundIoU = 0.6", "[RetinaNet<BloodCell>, Matching(BackgroundIoU = 0.6)]" },
        { "FOV061", "ForegroundIoU = 0.3", "[RetinaNet<BloodCell>, Matching(ForegroundIoU = 0.3)]" },
        { "FOV065", "ScoreThreshold = 1", "[RetinaNet<BloodCell>, PostProcessing(ScoreThreshold = 1)]" },
        { "FOV066", "NmsIoU = 0", "[RetinaNet<BloodCell>, PostProcessing(NmsIoU = 0)]" },
        { "FOV067", "TopK = 0", "[RetinaNet<BloodCell>, PostProcessing(TopK = 0)]" },
        { "FOV067", "MaxDetections = -5", "[RetinaNet<BloodCell>, PostProcessing(MaxDetections = -5)]" },
        { "FOV070", "650", "[RetinaNet<BloodCell>, InputSize(650, 480)]" },
        { "FOV070", "-32", "[RetinaNet<BloodCell>, InputSize(640, 480), InputSize(640, -32)]" },
        { "FOV070", "height: 0", "[RetinaNet<BloodCell>, InputSize(height: 0, width: 32)]" },
        { "FOV071", "InputSize(640, 480)", "[RetinaNet<BloodCell>, InputSize(640, 480), InputSize(640, 480)]" },
        { "FOV072", "Resize", "[RetinaNet<BloodCell>, InputSize(640, 480), Resize]" },
        { "FOV073", "Min = 0", "[RetinaNet<BloodCell>, Resize(Min = 0)]" },
        { "FOV073", "Max = 100000", "[RetinaNet<BloodCell>, Resize(Max = 100000)]" },
        { "FOV074", "Max = 600", "[RetinaNet<BloodCell>, Resize(Min = 800, Max = 600)]" },
        { "FOV074", "Min = 1400", "[RetinaNet<BloodCell>, Resize(Min = 1400)]" },
    };

    /// <summary>Id, what it underlines, the declaration of a detector "D" and its classes "E".</summary>
    public static TheoryData<string, string, string> WrongTypes => new()
    {
        { "FOV001", "D", "[RetinaNet<E>] public static partial class D; public enum E { A }" },
        { "FOV002", "D", "[RetinaNet<E>] public abstract partial class D; public enum E { A }" },
        { "FOV005", "D", "[RetinaNet<E>] public partial record D; public enum E { A }" },
        { "FOV007", "D", "[RetinaNet<E>] public partial class D : List<int>; public enum E { A }" },
        { "FOV010", "E", "[RetinaNet<E>] public partial class D; public enum E { }" },
        { "FOV011", "E", "[RetinaNet<E>] public partial class D; public enum E { A = -1, B }" },
        { "FOV012", "E", "[RetinaNet<E>] public partial class D; public enum E { A, B = 10000 }" },
        { "FOV012", "E", "[RetinaNet<E>] public partial class D; public enum E : ulong { A, B = ulong.MaxValue }" },
        { "FOV013", "E", "[RetinaNet<E>] public partial class D; public enum E { A = 1, B = 1 }" },
        { "FOV014", "E", "[RetinaNet<E>] public partial class D; public enum E { [ClassName(\"\")] A, B }" },
        { "FOV014", "E", "[RetinaNet<E>] public partial class D; public enum E { [ClassName(\"B\")] A, B }" },
        { "FOV015", "E", "[RetinaNet<E>] public partial class D; enum E { A }" },
        { "FOV015", "E", "[Fovea.RetinaNet<E>] public partial class D; enum E { A }" },
        { "FOV016", "D.E", "[RetinaNet<D.E>] public partial class D { public enum E { A } }" },
        { "FOV016", "D.E", "[RetinaNet<D.E>] public partial class D { enum E { A } }" },
        { "CS0260", "D", "[RetinaNet<E>] public class D; public enum E { A }" },
        { "CS0260", "D", "[RetinaNet<E>, FocalLoss(Gamma = 2)] public sealed class D { } public enum E { A }" },
        { "CS0453", "string", "[RetinaNet<string>] public partial class D;" },
        { "CS0246", "Missing", "[RetinaNet<Missing>] public partial class D;" },
        { "CS0246", "Missing", "[RetinaNet<E>] public partial class D : Missing; public enum E { A }" },
        { "CS0579", "RetinaNet<E>", "[RetinaNet<E>] public partial class D; [RetinaNet<E>] public partial class D; public enum E { A }" },
    };

    /// <summary>Id, what it underlines, the attributes.</summary>
    public static TheoryData<string, string, string> Advice => new()
    {
        { "FOV101", "P6From = P6Source.C5", "[RetinaNet<BloodCell>, Pyramid(MaxLevel = 5, P6From = P6Source.C5)]" },
        { "FOV102", "NormGroups = 16", "[RetinaNet<BloodCell>, Backbone(NormGroups = 16)]" },
        { "FOV103", "NormStatistics = NormStatistics.Running", "[RetinaNet<BloodCell>(Preset.Paper), Backbone(NormStatistics = NormStatistics.Running)]" },
        { "FOV104", "Groups = 16", "[RetinaNet<BloodCell>, Head(Groups = 16)]" },
        { "FOV105", "Beta = 0.2", "[RetinaNet<BloodCell>, BoxLoss(Beta = 0.2)]" },
        { "FOV105", "Beta = 0.2", "[RetinaNet<BloodCell>(Preset.TorchVisionV2), BoxLoss(Beta = 0.2)]" },
        { "FOV105", "Beta = 0.2", "[RetinaNet<BloodCell>, BoxLoss(BoxLoss.CIoU, Beta = 0.2)]" },
        { "FOV106", "SkipUncovered = false", "[RetinaNet<BloodCell>, Matching(AllowLowQuality = false, SkipUncovered = false)]" },
        { "FOV107", "Normalizer = LossNormalization.RunningForeground", "[RetinaNet<BloodCell>, OnlineHardExampleMining, Matching(Normalizer = LossNormalization.RunningForeground)]" },
    };

    [Theory]
    [MemberData(nameof(WrongArguments))]
    public void AWrongArgument_IsOneErrorOnTheArgument(string id, string underlined, string attributes) =>
        Assert.Equal([$"{id} {underlined}"], GeneratorHarness.Run(Declaration.Of(attributes)).Report);

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void AWrongType_IsOneError(string id, string underlined, string declaration)
    {
        var program = "static class Program { static object[] Use() => [D.Create(seed: 1), D.Load(\"d.safetensors\")]; }";

        Assert.Equal([$"{id} {underlined}"], GeneratorHarness.Run($"using Fovea; {declaration} {program}").Report);
    }

    [Theory]
    [InlineData("FOV003", "D", "[RetinaNet<E>] public partial class D<T> where T : class; static class P { static object Use() => D<string>.Create(); }")]
    [InlineData("FOV004", "D", "public partial class Outer { [RetinaNet<E>] public partial class D; static object Use() => D.Create(); }")]
    [InlineData("FOV004", "D", "public partial class Outer<T> { [RetinaNet<E>] private partial class D; static object Use() => D.Create(); }")]
    [InlineData("FOV004", "D", "public class Outer { [RetinaNet<E>] public partial class D; }")]
    [InlineData("FOV006", "D", "[RetinaNet<E>] file partial class D;")]
    public void AnUnreachableType_IsOneError(string id, string underlined, string declaration) =>
        Assert.Equal([$"{id} {underlined}"], GeneratorHarness.Run($"using Fovea; {declaration} public enum E {{ A }}").Report);

    [Theory]
    [MemberData(nameof(Advice))]
    public void WhatIsHardlyMeant_IsOneWarning(string id, string underlined, string attributes) =>
        Assert.Equal([$"{id} {underlined}"], GeneratorHarness.Run(Declaration.Of(attributes)).Report);

    [Theory]
    [InlineData("FOV100 Head(Depth = 2)", "[Head(Depth = 2)] public class D;")]
    [InlineData("FOV100 Fovea.Resize", "[Fovea.Resize] public class D;")]
    [InlineData("FOV110 E", "[RetinaNet<E>] public partial class D; [Flags] public enum E { A = 1, B = 2 }")]
    [InlineData("FOV111 E", "[RetinaNet<E>] public partial class D; public enum E { Background, Cat }")]
    [InlineData("FOV111 E", "[RetinaNet<E>] public partial class D; public enum E { [ClassName(\"__background__\")] None, Cat }")]
    public void AnOddType_IsOneWarning(string report, string declaration) =>
        Assert.Equal([report], GeneratorHarness.Run($"using Fovea; {declaration}").Report);

    /// <summary>Presets have values for what their other values make useless; only what is written is told of.</summary>
    [Fact]
    public void AnUnusedValueOfAPreset_IsNoWarning() => Assert.All(Enum.GetNames<Preset>(), preset =>
    {
        var spec = Declaration.Parse(Declaration.Of($"[RetinaNet<BloodCell>(Preset.{preset})]", "[Pyramid(MaxLevel = 5)]"));

        Assert.NotEmpty(SpecValidator.Advise(spec));
        GeneratorHarness.Run(Declaration.Of($"[RetinaNet<BloodCell>(Preset.{preset})]", "[Pyramid(MaxLevel = 5)]")).AssertClean();
    });

    [Fact]
    public void AWarningIsNotGiven_BesideAnError() => Assert.Equal(
        ["FOV024 NormGroups = 0"], GeneratorHarness.Run(Declaration.With("[Backbone(NormGroups = 0)]")).Report);

    /// <summary>From C# 13 on generated code compiles; before C# 11 the compiler does not have the attribute.</summary>
    [Theory]
    [InlineData(LanguageVersion.CSharp10, "CS8936")]
    [InlineData(LanguageVersion.CSharp11, "FOV082")]
    [InlineData(LanguageVersion.CSharp12, "FOV082")]
    [InlineData(LanguageVersion.CSharp13, "")]
    [InlineData(LanguageVersion.Preview, "")]
    public void AnOldLanguage_IsOneError(LanguageVersion version, string id)
    {
        var outcome = GeneratorHarness.Run(GeneratorHarness.Compile(
            GeneratorHarness.ParseOptions.WithLanguageVersion(version),
            "namespace Blood { [Fovea.RetinaNet<E>(Fovea.Backbone.ResNet18)] public partial class D { } public enum E { A } }"));

        var errors = outcome.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ToList();
        Assert.True(
            errors.Select(d => d.Id).SequenceEqual(id.Length == 0 ? [] : [id]), $"Expected {id}, found:\n{string.Join("\n", errors)}");
    }

    /// <summary>Without implicit usings, which would not compile either: nothing can be used of a namespace that is hidden.</summary>
    [Theory]
    [InlineData("public class System;")]
    [InlineData("enum System { A }")]
    [InlineData("static class System { public static int Number => 1; }")]
    public void ATypeThatHidesTheNamespaceSystem_IsOneErrorAndNothingIsGenerated(string hiding)
    {
        var program = GeneratorHarness.Compile($"[Fovea.RetinaNet<E>] public partial class D; public enum E {{ A }} {hiding}");

        var outcome = GeneratorHarness.Run(program.RemoveSyntaxTrees(program.SyntaxTrees[^1]));

        Assert.Equal(["FOV083 D"], outcome.Report.Where(line => !line.StartsWith("CS0437", StringComparison.Ordinal)));
        Assert.Empty(outcome.Files);
    }

    [Theory]
    [InlineData("public class System<T>;")]
    [InlineData("namespace Other { public class System; }")]
    public void ATypeThatIsCalledSystemElsewhere_IsFine(string beside) => GeneratorHarness.Run(
        $"[Fovea.RetinaNet<E>(Fovea.Backbone.ResNet18)] public partial class D; public enum E {{ A }} {beside}").AssertClean();

    /// <summary>The second error is C#'s own about the same two words, and it goes with the first.</summary>
    [Fact]
    public void ABaseClassWithoutAConstructorOfNoArguments_IsTheCompilersToReportBesides() => Assert.Equal(
        ["CS7036 D", "FOV007 D"],
        GeneratorHarness.Run(
            "[Fovea.RetinaNet<E>] public partial class D : Model; public enum E { A } public class Model { protected Model(int size) { } }")
            .Report.Order(StringComparer.Ordinal));

    [Fact]
    public void EveryRule_IsReportedByATest()
    {
        var tested = WrongArguments.Concat(WrongTypes).Concat(Advice).Select(row => (string)row[0])
            .Concat(OddPrograms.Wrong.Select(program => program.Report.Split(' ')[0]))
            .Concat(["FOV003", "FOV004", "FOV006", "FOV082", "FOV083", "FOV100", "FOV110", "FOV111", "FOV900"]).ToHashSet();

        Assert.Empty(SpecValidator.Diagnostics.Select(rule => rule.Id).Except(tested));
    }

    [Fact]
    public void SeveralMistakes_AreReportedTogether()
    {
        var outcome = GeneratorHarness.Run(Declaration.With("[FocalLoss(Alpha = 2, Gamma = -1)]", "[Pyramid(MaxLevel = 9)]"));

        Assert.Equal(["FOV030 MaxLevel = 9", "FOV051 Alpha = 2", "FOV052 Gamma = -1"], outcome.Report.Order());
    }

    [Fact]
    public void Messages_SayWhatWasFoundAndWhatToDo()
    {
        var outcome = GeneratorHarness.Run(Declaration.With("[FocalLoss(Gamma = -1)]"));

        Assert.Equal("Gamma is -1: use a number from 0 to 100 (default 2)",
            outcome.Diagnostics.Single().GetMessage(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void APragma_SuppressesAWarningButNoError()
    {
        var outcome = GeneratorHarness.Run(Declaration.With(
            "#pragma warning disable FOV052 // that it is not heeded is what is tested", "[FocalLoss(Gamma = -1)]"));
        var advised = GeneratorHarness.Run(Declaration.With(
            "#pragma warning disable FOV105 // that it is heeded is what is tested", "[BoxLoss(BoxLoss.GIoU, Beta = 1)]"));

        Assert.Equal(["FOV052 Gamma = -1"], outcome.Report);
        advised.AssertClean();
    }

    [Fact]
    public void EveryError_IsNotConfigurable_AndEveryRuleHasALinkToItsSection() => Assert.All(SpecValidator.Diagnostics, rule =>
    {
        Assert.Equal(
            rule.DefaultSeverity == DiagnosticSeverity.Error, rule.CustomTags.Contains(WellKnownDiagnosticTags.NotConfigurable));
        Assert.EndsWith($"docs/diagnostics.md#{rule.Id.ToLowerInvariant()}", rule.HelpLinkUri, StringComparison.Ordinal);
    });

    [Fact]
    public void AModelWithAnError_ThrowsWithTheIdWhenItIsMade()
    {
        var program = GeneratorHarness.Run(Declaration.With("[FocalLoss(Gamma = -1)]")).Load();

        var thrown = Assert.Throws<System.Reflection.TargetInvocationException>(
            () => program.GetType("Blood.Program")!.GetMethod("Make")!.Invoke(null, null));
        Assert.Equal(
            "Detector CellDetector was not generated, because its declaration has FOV052. Correct what the compiler reports and build again.",
            Assert.IsType<InvalidOperationException>(thrown.InnerException).Message);
    }

    /// <summary>The program must not notice which of the two it got: only the bodies and the documentation differ.</summary>
    [Fact]
    public void AModelWithProblems_HasThePublicMembersOfAGoodOne() =>
        Assert.Equal(Members(Declaration.With()), Members(Declaration.With("[FocalLoss(Gamma = -1)]")));

    [Theory]
    [InlineData("[RetinaNet<BloodCell>]")]
    [InlineData("[RetinaNet<BloodCell>(Backbone.ResNet18), InputSize(640, 480), FocalLoss(Alpha = 0, Gamma = 0)]")]
    [InlineData("[RetinaNet<BloodCell>(Preset.MlPerf)]")]
    [InlineData("[RetinaNet<BloodCell>(Preset.Detectron2), OnlineHardExampleMining]")]
    [InlineData("[RetinaNet<BloodCell>, OnlineHardExampleMining(BatchSize = 100000, NmsIoU = 1, PositiveRatio = 1000)]")]
    [InlineData("[RetinaNet<BloodCell>, FocalLossStar(Gamma = 100, Beta = -100, Weight = 0)]")]
    [InlineData("[RetinaNet<BloodCell>(Preset.TorchVisionV2), Pyramid(Channels = 64), Backbone(FrozenStages = 5, NormStatistics = NormStatistics.Running)]")]
    [InlineData("[RetinaNet<BloodCell>, Backbone(Norm = Norm.GroupNorm)]")]
    [InlineData("[RetinaNet<BloodCell>(Backbone.ResNeXt50_32x4d), Backbone(Groups = 32)]")]
    [InlineData("[RetinaNet<BloodCell>(Backbone.Custom), Backbone(Block = ResidualBlock.Basic, StageBlocks = [1, 1, 1, 1], BaseWidth = 8)]")]
    [InlineData("[RetinaNet<BloodCell>, Matching(ForegroundIoU = 0.5, BackgroundIoU = 0.5), BoxLoss(BoxLoss.SmoothL1, Beta = 0)]")]
    public void AGoodDeclaration_HasNoDiagnostics(string attributes) => GeneratorHarness.Run(Declaration.Of(attributes)).AssertClean();

    [Fact]
    public void ADetectorThatNamesItsBaseClass_IsFine() =>
        GeneratorHarness.Run("using Fovea; [RetinaNet<E>] public partial class D : Detector<E>; public enum E { A }").AssertClean();

    [Fact]
    public void InternalDetectorsOfInternalClasses_AreFine() =>
        GeneratorHarness.Run("[Fovea.RetinaNet<E>] partial class D; enum E { A }").AssertClean();

    private static IEnumerable<string> Members(string source) => GeneratorHarness.Run(source).Compilation
        .GetTypeByMetadataName("Blood.CellDetector")!.GetMembers()
        .Where(m => m.DeclaredAccessibility == Accessibility.Public)
        .Select(m => m.ToDisplayString())
        .Order();
}
