using System.CommandLine;
using Fovea.App.Commands;

namespace Fovea.Tests.App.Commands;

/// <summary>From arguments and a file of options to what a command gets.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Option<int> epochs = new("--epochs", "-e") { DefaultValueFactory = _ => 40 };
    private readonly Option<double> rate = new("--lr") { DefaultValueFactory = _ => 1e-3 };
    private readonly Option<bool> noFlip = new("--no-flip");
    private readonly Option<double[]> scale = new("--scale")
    {
        Arity = new ArgumentArity(0, 2),
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [0.5, 1.5],
    };

    private readonly Option<string?> data = new("--data") { Required = true };
    private readonly Option<Sampling> sampling = new("--sampling");
    private readonly Option<string?> time = new("--time");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_command_line_wins_over_the_file_and_the_file_over_the_recipe()
    {
        var file = folder.Write(
            "run.yaml", "epochs: 30\nlr: 0.5   # a comment\nno-flip: true\nscale: [0.25, 2]\ndata: \"a folder: of pictures\"\n");
        var parsed = Parse("train", "--config", file, "--lr", "0.125");
        Assert.Equal(30, parsed.GetValue(epochs));
        Assert.Equal(0.125, parsed.GetValue(rate));
        Assert.True(parsed.GetValue(noFlip));
        Assert.Equal([0.25, 2], parsed.GetRequiredValue(scale));
        Assert.Equal("a folder: of pictures", parsed.GetValue(data));
        Assert.Equal(40, Parse("train", "--data", "x").GetValue(epochs));
    }

    [Theory]
    [InlineData("epochs: 30", "--time", "30m")]
    [InlineData("time: 30m", "--epochs", "3")]
    public void What_the_command_line_excludes_does_not_count_in_the_file(string line, params string[] given)
    {
        var parsed = Parse(["train", "--data", "x", "--config", folder.Write("run.yaml", line + "\n"), .. given]);
        Assert.Equal([given[0]], GivenOptions.Of(parsed, epochs, time));
    }

    [Fact]
    public void What_is_empty_or_false_or_a_fact_gives_no_option()
    {
        var file = folder.Write(
            "run.yaml",
            "# all\nenvironment:\n  fovea: 1.0\n  files: [a, {b: 1}]\nepochs: 3\ndata: {train: y}\n"
            + "options:\n  epochs:\n  lr: ~\n  no-flip: false\n  data: x\n");
        var parsed = Parse("train", "--config", file);
        Assert.Equal(40, parsed.GetValue(epochs));
        Assert.Equal("x", parsed.GetValue(data));
        Assert.False(GivenOptions.Of(parsed, noFlip).Any());
    }

    [Theory]
    [InlineData("data: x\nepoch: 3\n", "line 2: train has no option \"epoch\"; did you mean epochs?")]
    [InlineData("data: x\nno_flip: true\n", "line 2: train has no option \"no_flip\"; did you mean no-flip?")]
    [InlineData("data: x\nbananas: 3\n", "line 2: train has no option \"bananas\"")]
    [InlineData("data: x\nlr: 1\nlr: 2\n", "line 3: \"lr\" is in line 2, too")]
    [InlineData("data: x\n\nepochs: many\n", "line 3: --epochs many: expected a whole number.")]
    [InlineData("data: x\nepochs: {a: 1}\n", "line 2: \"epochs\": expected a value")]
    [InlineData("a: 1\noptions:\n  scale: [1, [2]]\n", "line 3: \"scale\": expected a value")]
    [InlineData("data: &x 1\nepochs: *x\n", "line 2: \"epochs\": expected a value")]
    [InlineData("epochs: 3\ne: 4\n", "line 2: \"e\" is another name for \"epochs\"")]
    [InlineData("- epochs\n", "line 1: expected options")]
    [InlineData("data: [x\n", "expected well-formed YAML")]
    [InlineData("data: x\nsampling: Often\n", "line 2: --sampling Often: expected one of Uniform, RepeatFactor, ClassBalanced")]
    public void A_file_that_is_not_understood_is_told_with_its_line(string text, string expected)
    {
        var file = folder.Write("run.yaml", text);
        var error = Assert.Throws<UsageException>(() => Parse("train", "--config", file)).Message;
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains("run.yaml", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_told() => Assert.Contains(
        "found no file of this name",
        Assert.Throws<UsageException>(() => Parse("train", "--config", folder.File("none.yaml"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Resolved_options_written_to_a_file_give_the_same_options()
    {
        var first = Parse("train", "--data", "a: \"b\" \\c", "-e", "7", "--no-flip", "--scale", "0.25", "2");
        var file = folder.Write("args.yaml", string.Concat(ResolvedOptions.Of(first).Select(o => $"{o.Name}: {o.Value}\n")));
        var second = Parse("train", "--config", file);
        Assert.Equal(ResolvedOptions.Of(first), ResolvedOptions.Of(second));
        Assert.Equal("a: \"b\" \\c", second.GetValue(data));
        Assert.Equal(7, second.GetValue(epochs));
        Assert.Contains(("lr", "0.001"), ResolvedOptions.Of(second));
        Assert.Contains(("no-flip", "true"), ResolvedOptions.Of(second));
        Assert.Contains(("scale", "[0.25, 2]"), ResolvedOptions.Of(second));
    }

    [Theory]
    [InlineData("there is no command \"trian\"; did you mean train?", "trian", "--data", "x")]
    [InlineData("there is no command \"bananas\" (there are train, look)", "bananas")]
    [InlineData("expected a command: train, look")]
    [InlineData("train has no option --epohcs; did you mean --epochs?", "train", "--data", "x", "--epohcs", "3")]
    [InlineData("look has no option --deap; did you mean --deep?", "look", "a.jpg", "--deap")]
    [InlineData("--data", "train")]
    public void A_misspelt_word_is_told_with_what_may_be_meant(string expected, params string[] arguments) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Parse(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void After_two_dashes_a_file_may_be_called_like_an_option() => Assert.Empty(Parse("look", "--", "--deap").Errors);

    [Fact]
    public void Help_groups_options_shows_defaults_and_ends_with_examples()
    {
        var root = Root();
        _ = new CommandLine(root);
        var help = HelpText.Of(root.Subcommands[0], "cells", 80);
        Assert.Contains("usage: cells train --data X [options]", help, StringComparison.Ordinal);
        Assert.Contains("\ntraining\n  --epochs, -e N", help, StringComparison.Ordinal);
        Assert.Contains("[default: 40]", help, StringComparison.Ordinal);
        Assert.Contains("[default: 0.5 1.5]", help, StringComparison.Ordinal);
        Assert.Contains("Required.", help, StringComparison.Ordinal);
        Assert.Contains("One of Uniform,", help, StringComparison.Ordinal);
        Assert.Contains("--config FILE", help, StringComparison.Ordinal);
        Assert.Contains("\nexamples\n  cells train --data bccd", help, StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("\nmore\n  --deep", HelpText.Of(root.Subcommands[1], "cells", 80), StringComparison.Ordinal);
        Assert.Contains("\ncommands\n  train", HelpText.Of(root, "cells", 80), StringComparison.Ordinal);
    }

    private ParseResult Parse(params string[] arguments) => new CommandLine(Root()).Parse(arguments);

    private RootCommand Root()
    {
        var train = new Command("train", "Trains.") { epochs, rate, noFlip, scale, data, sampling, time };
        var look = new Command("look") { new Argument<string[]>("files"), new Option<bool>("--deep") };
        train.SetAction(_ => 0);
        look.SetAction(_ => 0);
        return new RootCommand("A program.") { train, look };
    }
}
