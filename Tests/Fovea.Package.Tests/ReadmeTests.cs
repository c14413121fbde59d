using System.Text.RegularExpressions;

namespace Fovea.Package.Tests;

/// <summary>README's "In your own project", done as it says: its commands, its program, beside a folder called fovea with the packages.</summary>
[Collection(Packages.Name)]
public sealed partial class ReadmeTests(PackageFeed feed)
{
    [SkippableFact]
    public void Ones_own_project_is_made_and_run_word_for_word()
    {
        Skip.If(Repository.Folder is null, "The sources are not here.");
        Skip.If(OperatingSystem.IsWindows(), "The commands are a shell's.");
        var readme = File.ReadAllText(Repository.PathOf("README.md")).ReplaceLineEndings("\n");
        var section = readme.Split("\n## ").Single(s => s.StartsWith("In your own project\n", StringComparison.Ordinal));
        var blocks = Fence().Matches(section).Select(m => (Language: m.Groups[1].Value, Text: m.Groups[2].Value)).ToArray();
        Assert.Equal(["sh", "csharp", "sh", "sh"], blocks.Select(b => b.Language));

        var folder = feed.NewFolder("own");
        Directory.CreateDirectory(Path.Combine(folder, "fovea"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "fovea", "feed"), feed.Feed);
        Shell(folder, blocks[0].Text);

        var project = Path.Combine(folder, "Pets");
        File.WriteAllText(Path.Combine(project, "Program.cs"), blocks[1].Text);
        ImageFile.Save(new RgbImage(64, 48), Path.Combine(project, "photo.jpg"));
        Assert.StartsWith("cpu", Shell(project, blocks[2].Text), StringComparison.Ordinal);

        // The version is the one thing that is another here: one that no cache has.
        Assert.Contains("Fovea.Templates.0.1.0.nupkg", blocks[3].Text, StringComparison.Ordinal);
        var said = Shell(project, blocks[3].Text.Replace("Fovea.Templates.0.1.0", "Fovea.Templates." + feed.Version, StringComparison.Ordinal));
        Assert.Contains("train", said, StringComparison.Ordinal);
    }

    [GeneratedRegex("```(sh|csharp)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    private string Shell(string folder, string commands)
    {
        // Templates are installed for a user: for one who has none yet.
        var (code, output) = feed.Start(folder, "bash", "-ec", $"export DOTNET_CLI_HOME={feed.NewFolder("home")}\n{commands}");
        Assert.True(code == 0, $"{commands}\n{output}");
        return output;
    }
}
