using Fovea.Generator.Emission;
using Fovea.Generator.Tests.Lowering;
using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Emission;

/// <summary>
/// Valid programs whose own names are those that generated files use, or could: every one compiles without an error or a warning.
/// </summary>
public sealed class CollisionTests
{
    /// <summary>What stands beside the detector in its file: of the same namespace, of others, global.</summary>
    public static TheoryData<string, string> Neighbours => new()
    {
        { "types of the runtime's names beside the detector", "namespace Blood { " + Types + " }" },
        { "types of the runtime's names in the global namespace", Types },
        { "types of the runtime's names in namespace Fovea", "namespace Fovea { " + Types + " }" },
        { "types of the runtime's names in namespace Fovea.Generated", "namespace Fovea.Generated { " + Types + " }" },
        { "types of the framework's names", "namespace Blood { class Math; class Object; class ReadOnlySpan; class GeneratedCodeAttribute; }" },
        { "the framework's names, globally", "class Math; class ReadOnlySpan<T>; class SetsRequiredMembersAttribute; class Exception;" },
        { "a namespace Blood.System", "namespace Blood.System { class CodeDom; }" },
        { "a namespace Blood.Fovea", "namespace Blood.Fovea { class Detector; class DetectorOptions; class LoadOptions; }" },
        { "a namespace Fovea.Generated.System", "namespace Fovea.Generated.System { class Math; class ReadOnlySpan; }" },
        { "a namespace Fovea.System", "namespace Fovea.System { class Math; class ReadOnlySpan; }" },
        {
            "types of the generated classes' names",
            "namespace Blood { class Training; class Inference; class Canvas; class Layout; class Rules; class Parameters; class Folded; class Stem; }"
        },
        { "a program of the detector's name", "namespace Blood { class CellDetectorProgram; class CellDetectorTraining; }" },
        { "an extension of everything", "namespace Blood { static class All { public static void Tap<T>(this T self, string name) { } } }" },
    };

    public static TheoryData<string> GlobalUsings => new(
        "global using FeatureMap = System.String;",
        "global using IBackend = System.IDisposable;",
        "global using TrainingPlan = System.Int32; global using Math = System.String;",
        "global using System.Numerics; global using System.Reflection.Metadata; global using System.Threading.Tasks;",
        "global using static System.Math; global using static System.Linq.Enumerable;",
        "global using Fovea.CompilerServices; global using Elsewhere; "
        + "namespace Elsewhere { public class FeatureMap; public class TensorInfo; public class ConvAlgorithm; }");

    /// <summary>Declared as the detector of a namespace, next to each other's names.</summary>
    public static TheoryData<string> Names => new(
        "namespace @class { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class @namespace; }",
        "namespace A.@event.B { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class @record; }",
        "namespace Größe.Ölçü { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class Zelle測定; }",
        "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class Program;",
        "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class DetectorProgram;",
        "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class FeatureMap;",
        "namespace System.Cells { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class Detector; }",
        "namespace Fovea.Samples { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class Detector; }",
        "namespace Fovea.Generated { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class Detector; }",
        "namespace A.B { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class C; } "
        + "namespace A { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class B_C; } "
        + "namespace A_B { [RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class C; } "
        + "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class A_B_C;",
        "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class D; "
        + "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class DProgram;",
        "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class Net; "
        + "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class NET; "
        + "[RetinaNet<global::Cell>(Backbone.ResNet18)] public partial class NEt;");

    private const string Types =
        "class FeatureMap; class TrainingPlan; class LossTerm; enum ConvAlgorithm { A } interface IBackend; class ExecutionPlan; "
        + "class NormUse; class DetectorProgram; struct ConvParameters; struct AnchorMap; class TensorRows; class MatchMap;";

    [Theory]
    [MemberData(nameof(Neighbours))]
    public void Whatever_stands_beside_a_detector_it_compiles(string what, string beside)
    {
        Assert.NotEmpty(what);
        GeneratorHarness.Run(Declaration.With(), beside).AssertClean();
    }

    [Theory]
    [MemberData(nameof(GlobalUsings))]
    public void Whatever_is_used_globally_a_detector_compiles(string usings) =>
        GeneratorHarness.Run(Declaration.With(), usings).AssertClean();

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_detectors_are_called_they_compile_in_one_program(string detectors) =>
        GeneratorHarness.Run("using Fovea; " + detectors + " public enum Cell { RBC, WBC }").AssertClean();

    /// <summary>C# breaks no name, so neither does the writer: such a line has the name and what cannot be parted from it.</summary>
    [Fact]
    public void A_name_wider_than_a_line_makes_the_only_lines_that_are_too_wide()
    {
        var name = "Detector" + new string('x', 150);
        var outcome = GeneratorHarness.Run(
            $"namespace {name}s; [Fovea.RetinaNet<E{name}>(Fovea.Backbone.ResNet18)] public partial class {name}; "
            + $"public enum E{name} {{ {name} }}");

        outcome.AssertClean();
        var wide = outcome.Files.Values.SelectMany(text => text.Split('\n')).Where(line => line.Length > 140);
        Assert.All(wide, line => Assert.Contains(name, line, StringComparison.Ordinal));
    }

    [Fact]
    public void Locals_of_a_program_of_top_level_statements_are_no_names_of_generated_files() => GeneratorHarness.RunProgram(
        """
        var (Max, Min, FeatureMap, IBackend, Program1, Fold, Canvas, Math) = (100, 1, "", "", "", 2, 3, 4);
        System.Console.WriteLine(Max + Min + FeatureMap + IBackend + Program1 + Fold + Canvas + Math);
        """,
        Declaration.With().Replace("class Program", "class Use", StringComparison.Ordinal)).AssertClean();

    [Theory]
    [InlineData("A.B", "C", "A_B_C")]
    [InlineData("A", "B_C", "A_B_0C")]
    [InlineData("A_B", "C", "A_0B_C")]
    [InlineData("A_", "B", "A_0_B")]
    [InlineData("A", "_B", "A__0B")]
    [InlineData(null, "A_B_C", "A_0B_0C")]
    [InlineData(null, "@class", "@class")]
    [InlineData("@class", "@new", "class_new")]
    public void A_models_namespace_is_its_name_and_no_others(string? scope, string name, string expected) => Assert.Equal(
        "Fovea.Generated." + expected, CodeFile.NamespaceOf(Specs.Toy() with { Namespace = scope, Name = name }));

    [Theory]
    [InlineData(null, "Cell", "Cell.g.cs")]
    [InlineData(null, "CELL", "C-E-L-L.g.cs")]
    [InlineData(null, "cell", "-cell.g.cs")]
    [InlineData("Blood.lab", "CellDetector", "Blood.-lab.Cell-Detector.g.cs")]
    [InlineData(null, "@class", "-class.g.cs")]
    public void Hint_names_tell_small_from_capital_letters_by_more_than_case(string? scope, string name, string expected) =>
        Assert.Equal(expected, CodeFile.PathOf(Specs.Toy() with { Namespace = scope, Name = name }, ""));
}
