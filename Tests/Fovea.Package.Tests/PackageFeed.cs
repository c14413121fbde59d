using System.Diagnostics;
using System.Globalization;

namespace Fovea.Package.Tests;

/// <summary>
/// All packages, packed once into a folder outside the repository, with a version that nobody has ever restored, and an empty package
/// cache. Other packages may come from the machine's cache.
/// </summary>
public sealed class PackageFeed : IDisposable
{
    /// <summary>What is packed, and the name of its package.</summary>
    private static readonly (string Project, string Package)[] Packed =
    [
        ("Runtime/Fovea.Runtime", "Fovea"),
        ("Runtime/Fovea.Onnx", "Fovea.Onnx"),
        ("Runtime/Fovea.App", "Fovea.App"),
        ("Runtime/Fovea.AspNetCore", "Fovea.AspNetCore"),
        ("Runtime/Fovea.Skia", "Fovea.Skia"),
        ("Packaging/Fovea.Templates", "Fovea.Templates"),
    ];

    private readonly string root = Directory.CreateTempSubdirectory("fovea-packages-").FullName;

    public PackageFeed()
    {
        if (Repository.Folder is null)
        {
            return;
        }

        Directory.CreateDirectory(Feed);
        foreach (var (project, _) in Packed)
        {
            Pack(project, Feed);
        }

        File.WriteAllText(Path.Combine(root, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="fovea" value="{Feed}" />
              </packageSources>
            </configuration>
            """);
    }

    /// <summary>The names of all packages.</summary>
    public static IEnumerable<string> Names => Packed.Select(p => p.Package);

    /// <summary>A release's version that no cache can have: the seconds of this run.</summary>
    public string Version { get; } = "0.1." + (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 1_700_000_000).ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the packages are.</summary>
    public string Feed => Path.Combine(root, "feed");

    /// <summary>The file of a package.</summary>
    public string FileOf(string package) => Path.Combine(Feed, $"{package}.{Version}.nupkg");

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>Packs a project as it has been built.</summary>
    public void Pack(string project, string into)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var (code, output) = Start(
            Repository.PathOf(project), "dotnet", "pack", "--no-build", "-c", configuration, "-o", into, "-p:PackageVersion=" + Version, "--nologo");
        Assert.True(code == 0, output);
    }

    /// <summary>An empty folder for a consumer, beside the others.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(root, $"{name}-{Guid.NewGuid():N}"[..(name.Length + 5)])).FullName;

    /// <summary>A copy of a consumer's project, which refers to the packages of this run.</summary>
    public string CopyConsumer(string name)
    {
        Skip.If(Repository.Folder is null, "The sources are not here: there is nothing to pack.");
        var source = Path.Combine(AppContext.BaseDirectory, "Consumers");
        var target = NewFolder(name);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            if (Path.GetExtension(file) == ".csproj")
            {
                File.WriteAllText(copy, File.ReadAllText(file).Replace("FOVEA_VERSION", Version, StringComparison.Ordinal));
            }
        }

        return Path.Combine(target, name);
    }

    /// <summary>Runs a program with the empty cache; its exit code, and all that it said.</summary>
    public (int Code, string Output) Start(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(StartInfo(folder, program, arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>How a program is started: with the cache of this run, and without what the test host has set for itself.</summary>
    public ProcessStartInfo StartInfo(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        start.Environment["NUGET_PACKAGES"] = Path.Combine(root, "cache");
        start.Environment["RestoreFallbackFolders"] = cache;
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBuild", StringComparison.Ordinal) && k != "MSBUILDDISABLENODEREUSE").ToArray())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    /// <summary>Runs dotnet, skips where something else than Fovea cannot be restored, and fails where it fails.</summary>
    public string Dotnet(string folder, params string[] arguments)
    {
        var (code, output) = Start(folder, "dotnet", arguments);
        Skip.If(
            code != 0 && output.Contains("error NU1", StringComparison.Ordinal) && !output.Contains("Fovea", StringComparison.Ordinal),
            "Packages of others cannot be restored here: " + output);
        Skip.If(code != 0 && output.Contains("Platform linker", StringComparison.Ordinal), "There is no linker here: " + output);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }
}

/// <summary>Tests that share the packages; one at a time, as each builds.</summary>
[CollectionDefinition(Name)]
public sealed class Packages : ICollectionFixture<PackageFeed>
{
    public const string Name = "packages";
}
