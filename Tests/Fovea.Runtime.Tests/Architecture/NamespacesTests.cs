using System.Text.RegularExpressions;

namespace Fovea.Tests.Architecture;

/// <summary>A file's namespace says in which folder it lies.</summary>
public partial class NamespacesTests
{
    /// <summary>Of what is seen from outside, whatever its folder: users' types, those of generated code, the seam to a driver.</summary>
    private static readonly string[] Surface = ["Fovea", "Fovea.CompilerServices", "Fovea.Cuda"];

    /// <summary>One table of names, of which each head keeps its part in its own folder.</summary>
    private const string Table = "KnownNames.cs";

    [SkippableTheory]
    [InlineData("Runtime/Fovea.Runtime", "Fovea")]
    [InlineData("Runtime/Fovea.App", "Fovea.App")]
    [InlineData("Runtime/Fovea.AspNetCore", "Fovea.AspNetCore")]
    [InlineData("Runtime/Fovea.Onnx", "Fovea.Onnx")]
    [InlineData("Generator/Fovea.Generator", "Fovea.Generator")]
    public void A_file_is_in_the_namespace_of_its_folder_or_of_one_around_it(string project, string root)
    {
        Skip.If(Repository.Folder is null, "The tests do not run inside the repository.");
        var folder = Repository.PathOf(project);
        var wrong =
            from file in Repository.SourcesOf(project)
            let path = Path.GetRelativePath(folder, file)
            let declared = Declaration().Match(File.ReadAllText(file)).Groups["name"].Value
            where declared.Length > 0 && Path.GetFileName(path) != Table && !Surface.Contains(declared) && !IsAround(declared, root, Path.GetDirectoryName(path)!)
            select $"{path}: {declared}";
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("Fovea.Ops.Conv", "Ops/Conv/Cuda", true)]
    [InlineData("Fovea.Ops", "Ops/Conv", true)]
    [InlineData("Fovea.Ops.Co", "Ops/Conv", false)]
    [InlineData("Fovea.Model", "Devices", false)]
    public void A_namespace_of_another_folder_is_found(string declared, string folder, bool around) =>
        Assert.Equal(around, IsAround(declared, "Fovea", folder.Replace('/', Path.DirectorySeparatorChar)));

    [SkippableTheory]
    [InlineData("Runtime/Fovea.Runtime")]
    [InlineData("Runtime/Fovea.App")]
    [InlineData("Runtime/Fovea.AspNetCore")]
    [InlineData("Runtime/Fovea.Onnx")]
    [InlineData("Generator/Fovea.Generator")]
    public void A_file_does_not_name_a_namespace_that_it_is_in(string project)
    {
        Skip.If(Repository.Folder is null, "The tests do not run inside the repository.");
        var needless =
            from file in Repository.SourcesOf(project)
            let text = File.ReadAllText(file)
            let own = Declaration().Match(text).Groups["name"].Value + "."
            from Match use in Using().Matches(text)
            where own.StartsWith(use.Groups["name"].Value + ".", StringComparison.Ordinal)
            select $"{Path.GetRelativePath(Repository.PathOf(project), file)}: {use.Value}";
        Assert.Empty(needless);
    }

    /// <summary>A folder's files may say the folder around it, but not the project's root alone.</summary>
    private static bool IsAround(string declared, string root, string folder)
    {
        var own = folder.Length == 0 ? root : root + "." + folder.Replace(Path.DirectorySeparatorChar, '.');
        return own == declared || (own.StartsWith(declared + ".", StringComparison.Ordinal) && declared != root);
    }

    [GeneratedRegex(@"^using (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
