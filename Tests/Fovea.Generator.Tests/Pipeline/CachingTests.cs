using Fovea.Generator.Tests.Support;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Pipeline;

/// <summary>Which steps run again after an edit, by the reasons that Roslyn records.</summary>
public class CachingTests
{
    private static readonly string Model = Declaration.With("[FocalLoss(Alpha = 0.25, Gamma = 2)]", "[InputSize(640, 480)]");

    private static readonly string OtherModel = Model
        .Replace("CellDetector", "OtherDetector").Replace("BloodCell", "OtherCell").Replace("class Program", "class OtherProgram");

    [Fact]
    public void AddedComment_KeepsEveryFileCached()
    {
        var run = Edit(Model, Model + "\n// A comment.");

        Assert.All(run.Reasons(RetinaNetGenerator.ParseStep), reason => Assert.Equal(IncrementalStepRunReason.Unchanged, reason));
        run.AssertNothingRan();
    }

    [Fact]
    public void EditingAnotherFile_LeavesEveryStepAfterParseCachedOrUnchanged()
    {
        var driver = GeneratorHarness.CreateDriver();
        var before = GeneratorHarness.Compile(Model, "class Other;");
        driver = driver.RunGenerators(before);
        var after = before.ReplaceSyntaxTree(
            before.SyntaxTrees.Single(t => t.FilePath == "Source1.cs"), GeneratorHarness.Parse("class Other { int added; }", "Source1.cs"));

        new StepReasons(driver.RunGenerators(after)).AssertNothingRan();
    }

    [Fact]
    public void EditingAMethodOfTheProgram_LeavesEveryFileCached() => Edit(Model, Model.Replace("seed: 1", "seed: 2")).AssertNothingRan();

    [Fact]
    public void ChangedGamma_RegeneratesOnlyTheLoss()
    {
        var run = Edit(Model, Model.Replace("Gamma = 2", "Gamma = 3"));

        Assert.Equal([IncrementalStepRunReason.Modified], run.Reasons(RetinaNetGenerator.ParseStep));
        Assert.Equal(["Blood.Cell-Detector.Loss.g.cs"], run.ModifiedFiles);
    }

    [Fact]
    public void ChangingOneModel_LeavesTheOthersFilesCached()
    {
        var driver = GeneratorHarness.CreateDriver();
        var before = GeneratorHarness.Compile(Model, OtherModel);
        driver = driver.RunGenerators(before);
        var changed = OtherModel.Replace("Gamma = 2", "Gamma = -1");
        var after = before.ReplaceSyntaxTree(
            before.SyntaxTrees.Single(t => t.FilePath == "Source1.cs"), GeneratorHarness.Parse(changed, "Source1.cs"));

        var run = new StepReasons(driver.RunGenerators(after));

        Assert.DoesNotContain(run.ModifiedFiles, path => path.Contains("Cell-Detector", StringComparison.Ordinal));
        Assert.Contains(run.ModifiedFiles, path => path.Contains("Other-Detector", StringComparison.Ordinal));
    }

    [Fact]
    public void TheSameSource_GivesTheSameText()
    {
        Assert.Equal(GeneratorHarness.Run(Model).Files, GeneratorHarness.Run(Model).Files);
    }

    private static StepReasons Edit(string before, string after)
    {
        var compilation = GeneratorHarness.Compile(before);
        var driver = GeneratorHarness.CreateDriver().RunGenerators(compilation);
        var edited = compilation.ReplaceSyntaxTree(
            compilation.SyntaxTrees.Single(t => t.FilePath == "Source0.cs"), GeneratorHarness.Parse(after, "Source0.cs"));
        return new StepReasons(driver.RunGenerators(edited));
    }
}
