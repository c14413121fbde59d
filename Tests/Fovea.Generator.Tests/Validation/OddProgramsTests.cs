using Fovea.Generator.Tests.Support;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Tests.Validation;

/// <summary>Whatever somebody writes: what is fine compiles, and one mistake is one error, where it was made.</summary>
public class OddProgramsTests
{
    public static TheoryData<string> FinePrograms => [.. OddPrograms.Fine.Select(program => program.Name)];

    public static TheoryData<string> WrongPrograms => [.. OddPrograms.Wrong.Select(program => program.Name)];

    [Theory]
    [MemberData(nameof(FinePrograms))]
    public void AnOddProgram_CompilesWithoutWarning(string name)
    {
        var program = OddPrograms.Fine.Single(p => p.Name == name);

        GeneratorHarness.Run([.. program.Files]).AssertClean();
    }

    [Theory]
    [MemberData(nameof(WrongPrograms))]
    public void AWrongProgram_HasOneErrorInTheUsersFile(string name)
    {
        var program = OddPrograms.Wrong.Single(p => p.Name == name);
        var outcome = GeneratorHarness.Run([.. program.Files]);
        var errors = outcome.Diagnostics
            .Where(d => d.Severity == DiagnosticSeverity.Error || d.Id.StartsWith("FOV", StringComparison.Ordinal))
            .Select(d => (File: d.Location.SourceTree?.FilePath[..6], d.Id, Text: d.Location.SourceTree?.GetText().ToString(d.Location.SourceSpan)));

        Assert.Equal([$"Source {program.Report}"], errors.Select(error => $"{error.File} {error.Id} {error.Text}"));
    }

    [Fact]
    public void AtLeastSixtyOddProgramsAreTried() => Assert.InRange(OddPrograms.Fine.Concat(OddPrograms.Wrong).Count(), 60, 1000);
}
