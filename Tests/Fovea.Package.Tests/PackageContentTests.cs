using System.IO.Compression;
using System.Xml.Linq;

namespace Fovea.Package.Tests;

/// <summary>What is in the packages, and that the same build gives the same bytes.</summary>
[Collection(Packages.Name)]
public sealed class PackageContentTests(PackageFeed feed)
{
    [SkippableTheory]
    [InlineData("Fovea", """
        LICENSE README.md THIRD-PARTY-NOTICES.txt icon.png
        analyzers/dotnet/roslyn5.0/cs/Fovea.Generator.dll
        build/Fovea.targets buildTransitive/Fovea.targets
        lib/net10.0/Fovea.Definitions.dll lib/net10.0/Fovea.Definitions.xml
        lib/net10.0/Fovea.Kernels.dll lib/net10.0/Fovea.Kernels.xml
        lib/net10.0/Fovea.Runtime.dll lib/net10.0/Fovea.Runtime.xml
        """)]
    [InlineData("Fovea.App", "LICENSE README.md THIRD-PARTY-NOTICES.txt icon.png lib/net10.0/Fovea.App.dll lib/net10.0/Fovea.App.xml")]
    [InlineData("Fovea.AspNetCore", "LICENSE README.md THIRD-PARTY-NOTICES.txt icon.png lib/net10.0/Fovea.AspNetCore.dll lib/net10.0/Fovea.AspNetCore.xml")]
    [InlineData("Fovea.Onnx", "LICENSE README.md THIRD-PARTY-NOTICES.txt icon.png lib/net10.0/Fovea.Onnx.dll lib/net10.0/Fovea.Onnx.xml")]
    [InlineData("Fovea.Skia", "LICENSE README.md THIRD-PARTY-NOTICES.txt icon.png lib/net10.0/Fovea.Skia.dll lib/net10.0/Fovea.Skia.xml")]
    [InlineData("Fovea.Templates", """
        LICENSE README.md THIRD-PARTY-NOTICES.txt icon.png
        content/fovea-detector/.editorconfig content/fovea-detector/.gitignore content/fovea-detector/.template.config/template.json
        content/fovea-detector/Company.Detector1.csproj content/fovea-detector/ObjectClass.cs content/fovea-detector/ObjectDetector.cs
        content/fovea-detector/Program.cs content/fovea-detector/README.md content/fovea-detector/data/README.md
        """)]
    public void A_package_has_these_files_and_no_others(string package, string files)
    {
        Skip.If(Repository.Folder is null, "The sources are not here: there is nothing to pack.");
        using var zip = ZipFile.OpenRead(feed.FileOf(package));
        var found = zip.Entries.Select(e => e.FullName).Where(n => !n.StartsWith("_rels/", StringComparison.Ordinal)
            && !n.StartsWith("package/", StringComparison.Ordinal) && n != "[Content_Types].xml" && !n.EndsWith(".nuspec", StringComparison.Ordinal));
        Assert.Equal(files.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public void The_package_depends_on_what_its_assemblies_refer_to_and_on_nothing_native()
    {
        Skip.If(Repository.Folder is null, "The sources are not here: there is nothing to pack.");
        Assert.Equal(["SixLabors.ImageSharp"], Dependencies("Fovea").Select(d => d.Id));
        Assert.Contains(("Fovea", feed.Version, "All"), Dependencies("Fovea.App"));
        Assert.Contains(("Fovea", feed.Version, "All"), Dependencies("Fovea.AspNetCore"));
        Assert.Empty(Dependencies("Fovea.Templates"));

        // What a project file refers to must be in the hand-written nuspec, too.
        var project = XDocument.Load(Repository.PathOf("Runtime/Fovea.Runtime/Fovea.Runtime.csproj"));
        var referred = project.Descendants("PackageReference").Where(r => (string?)r.Attribute("PrivateAssets") != "all").Select(r => (string)r.Attribute("Include")!);
        Assert.Equal(referred.Order(StringComparer.Ordinal), Dependencies("Fovea").Select(d => d.Id).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public void Every_package_says_licence_readme_and_icon_and_has_its_symbols()
    {
        Skip.If(Repository.Folder is null, "The sources are not here: there is nothing to pack.");
        foreach (var package in PackageFeed.Names)
        {
            var metadata = Nuspec(package).Root!.Elements().Single();
            Assert.Equal("MIT", Element(metadata, "license"));
            Assert.Equal("README.md", Element(metadata, "readme"));
            Assert.Equal("icon.png", Element(metadata, "icon"));
            Assert.True(package == "Fovea.Templates" || File.Exists(Path.ChangeExtension(feed.FileOf(package), ".snupkg")), package);
        }
    }

    [SkippableFact]
    public void Packed_twice_the_bytes_are_the_same()
    {
        Skip.If(Repository.Folder is null, "The sources are not here: there is nothing to pack.");
        Thread.Sleep(2100); // Zip files count time in steps of two seconds.
        var again = feed.NewFolder("again");
        foreach (var (project, package) in new[] { ("Runtime/Fovea.Runtime", "Fovea"), ("Packaging/Fovea.Templates", "Fovea.Templates") })
        {
            feed.Pack(project, again);
            Assert.Equal(File.ReadAllBytes(feed.FileOf(package)), File.ReadAllBytes(Path.Combine(again, Path.GetFileName(feed.FileOf(package)))));
        }
    }

    private static string? Element(XElement metadata, string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;

    private IEnumerable<(string Id, string Version, string? Include)> Dependencies(string package) =>
        from d in Nuspec(package).Descendants()
        where d.Name.LocalName == "dependency"
        select ((string)d.Attribute("id")!, (string)d.Attribute("version")!, (string?)d.Attribute("include"));

    private XDocument Nuspec(string package)
    {
        using var zip = ZipFile.OpenRead(feed.FileOf(package));
        using var text = zip.GetEntry(package + ".nuspec")!.Open();
        return XDocument.Load(text);
    }
}
