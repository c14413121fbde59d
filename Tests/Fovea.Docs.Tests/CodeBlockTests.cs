using System.Reflection;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // Blocks run in a working directory, which is the process's.

namespace Fovea.Docs.Tests;

/// <summary>Each block of C# in the README, in docs and in the packages' readmes compiles without a warning; some run.</summary>
public sealed class CodeBlockTests
{
    /// <summary>Pages whose blocks are compiled elsewhere, against what they are to report.</summary>
    private static readonly string[] Elsewhere = ["docs/diagnostics.md"];

    private static readonly CodeBlock[] Blocks =
        [.. Pages.All.Except(Elsewhere).SelectMany(page => CodeBlock.Of(page, Pages.Read(page)))];

    public static TheoryData<string> Names => [.. Blocks.Select(b => $"{b.File}:{b.Line}")];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_block_compiles(string name)
    {
        var block = Blocks.Single(b => $"{b.File}:{b.Line}" == name);
        var marker = Marker.Of(block);
        if (marker.WhyNot is null)
        {
            Check(block, marker);
        }
    }

    [Fact]
    public void All_pages_with_blocks_are_looked_at()
    {
        Assert.Contains("README.md", Blocks.Select(b => b.File));
        Assert.Contains("docs/using.md", Blocks.Select(b => b.File));
        Assert.Contains("Runtime/Fovea.Runtime/README.md", Blocks.Select(b => b.File));
        Assert.True(Blocks.Length >= 30, $"{Blocks.Length} blocks");
        Assert.True(Blocks.Count(b => Marker.Of(b).IsRun) >= 10, "fewer than ten blocks are run");
    }

    [Fact]
    public void Blocks_that_are_not_compiled_are_few_and_say_why() => Assert.Equal(
        ["Runtime/Fovea.Cuda.ManagedCuda/README.md"], Blocks.Where(b => Marker.Of(b).WhyNot is not null).Select(b => b.File));

    [Fact]
    public void The_first_program_of_the_README_has_ten_lines_and_saves_what_it_trained()
    {
        var first = Blocks.First(b => b.File == "README.md");
        Assert.Equal(10, first.Text.Split('\n').Count(l => l.Trim().Length > 0));
        Assert.Contains("detector.Save(\"cells.safetensors\")", first.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("int y = \"a\";", "page.md(5): CS0029")]
    [InlineData("using Fovea;\nvar x = Missing();", "page.md(6): CS0103")]
    [InlineData("int unused;", "page.md(5): CS0168")]
    [InlineData("using Fovea;\n\n[RetinaNet<E>]\n[FocalLoss(Gamma = -1)]\npublic partial class D;\npublic enum E { A }", "page.md(8): FOV052")]
    [InlineData("var broken = ;", "page.md(5): CS1525")]
    public void A_broken_block_is_reported_with_file_and_line(string code, string expected)
    {
        var block = CodeBlock.Of("page.md", $"# Title\n\ntext\n```csharp\n{code}\n```\n").Single();
        Assert.Equal(5, block.Line);
        Assert.Contains(BlockCompiler.Compile(block, Marker.Of(block)).Problems, p => p.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_block_behind_a_prelude_has_the_page_s_lines_and_one_that_fails_is_seen()
    {
        var page = "<!-- run with: detector -->\n\n```csharp\nusing System.Globalization;\n\ndetector.Detect(\"no-such.jpg\");\n```\n";
        var block = Assert.Single(CodeBlock.Of("page.md", page));
        var failure = Assert.ThrowsAny<Exception>(() => Check(block, Marker.Of(block)));
        Assert.Contains("no-such.jpg", failure.Message, StringComparison.Ordinal);
        var broken = Assert.Single(CodeBlock.Of("page.md", page.Replace("detector.Detect", "detector.Detekt", StringComparison.Ordinal)));
        var problem = Assert.Single(BlockCompiler.Compile(broken, Marker.Of(broken)).Problems);
        Assert.StartsWith("page.md(6): CS1061", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compiled with: bananas", "there is no prelude \"bananas\"")]
    [InlineData("not compiled:", "is not understood")]
    [InlineData("uncompiled", "is not understood")]
    public void A_comment_that_is_not_understood_is_told(string marker, string expected)
    {
        var block = new CodeBlock("page.md", 1, "", marker, null);
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Marker.Of(block)).Message, StringComparison.Ordinal);
    }

    private static void Check(CodeBlock block, Marker marker)
    {
        var (compilation, problems) = BlockCompiler.Compile(block, marker);
        Assert.True(problems.Count == 0, string.Join("\n", problems));
        if (!marker.IsRun)
        {
            return;
        }

        using var folder = new ReadersFolder();
        try
        {
            BlockCompiler.Run(compilation, folder.Path);
        }
        catch (TargetInvocationException e)
        {
            Assert.Fail($"{block.File}({block.Line}): {e.InnerException}");
        }
    }
}
