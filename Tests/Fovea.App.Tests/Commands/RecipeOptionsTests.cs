using System.CommandLine;
using Fovea.App.Commands;

namespace Fovea.Tests.App.Commands;

/// <summary>How long and how fast is learned, from the command line.</summary>
public class RecipeOptionsTests
{
    [Theory]
    [InlineData("30m", 1800)]
    [InlineData("2h", 7200)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("90s", 90)]
    [InlineData("1h1m1s", 3661)]
    public void Times_are_read_as_people_write_them(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Apply(new TrainerOptions(), "--time", text).TimeLimit);

    [Theory]
    [InlineData("30")]
    [InlineData("")]
    [InlineData("0m")]
    [InlineData("-1m")]
    [InlineData("m30")]
    [InlineData("1m1h")]
    [InlineData("999999999h")]
    public void What_is_no_time_is_refused_with_what_would_be(string text)
    {
        var error = Assert.Throws<ArgumentException>(() => Apply(new TrainerOptions(), "--time", text));
        Assert.Contains($"--time: expected a time such as 30m, 2h, 1h30m or 90s, found \"{text}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Epochs_and_time_exclude_each_other_and_either_takes_the_place_of_the_programs_own()
    {
        Assert.Contains(
            "--epochs would have no effect", Assert.Throws<ArgumentException>(() => Apply(new TrainerOptions(), "--time", "1m", "--epochs", "3")).Message,
            StringComparison.Ordinal);
        Assert.Null(Apply(new TrainerOptions { TimeLimit = TimeSpan.FromHours(1) }, "--epochs", "3").TimeLimit);
        Assert.Equal(TimeSpan.FromHours(1), Apply(new TrainerOptions { TimeLimit = TimeSpan.FromHours(1) }).TimeLimit);
    }

    [Fact]
    public void The_programs_recipe_holds_where_nothing_is_said()
    {
        var recipe = new TrainerOptions
        {
            Epochs = 7,
            BatchSize = 3,
            RateBatchSize = 16,
            LayerDecay = 0.9,
            Pretrained = true,
            BackboneRate = 0.4,
            Patience = 4,
            Seed = 9,
            Schedule = new StepSchedule(3),
            Optimizer = new Sgd { LearningRate = 0.02 },
        };
        Assert.Equal(recipe, Apply(recipe));
    }

    [Fact]
    public void A_pretrained_backbone_is_an_option_and_so_is_its_rate()
    {
        Assert.True(Apply(new TrainerOptions(), "--pretrained").Pretrained);
        Assert.False(Apply(new TrainerOptions { Pretrained = true }, "--pretrained", "false").Pretrained);
        Assert.Null(Apply(new TrainerOptions(), "--pretrained").BackboneRate);
        Assert.Equal(0.1, Apply(new TrainerOptions(), "--backbone-lr", "0.1").BackboneRate);
    }

    [Fact]
    public void Courses_of_the_learning_rate_have_names()
    {
        Assert.Equal(new OneCycleSchedule(), Apply(new TrainerOptions(), "--schedule", "onecycle").Schedule);
        Assert.Equal(LearningRateSchedule.Constant, Apply(new TrainerOptions(), "--schedule", "Constant").Schedule);
        Assert.Equal(new MultiStepSchedule(0.1, 8, 10), Apply(new TrainerOptions(), "--schedule", "step", "--epochs", "12").Schedule);
        Assert.Contains(
            "needs --epochs", Assert.Throws<ArgumentException>(() => Apply(new TrainerOptions(), "--schedule", "step", "--time", "1m")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_that_was_given_stands_alone_in_the_file_of_options()
    {
        var options = new RecipeOptions(new TrainerOptions());
        var command = new RootCommand();
        options.AddTo(command);
        var names = ResolvedOptions.Of(command.Parse(["--time", "30m"])).Select(o => o.Name).ToArray();
        Assert.Contains("time", names);
        Assert.DoesNotContain("epochs", names);
        Assert.Contains(("epochs", "40"), ResolvedOptions.Of(command.Parse([])));
    }

    [Fact]
    public void A_programs_own_time_is_in_the_file_of_options_and_epochs_that_are_given_take_its_place()
    {
        var options = new RecipeOptions(new TrainerOptions { TimeLimit = TimeSpan.FromMinutes(90) });
        var command = new RootCommand();
        options.AddTo(command);
        var usual = ResolvedOptions.Of(command.Parse([]));
        Assert.Contains(("time", "90m"), usual);
        Assert.DoesNotContain(usual, o => o.Name == "epochs");
        var given = ResolvedOptions.Of(command.Parse(["--epochs", "3"]));
        Assert.Contains(("epochs", "3"), given);
        Assert.DoesNotContain(given, o => o.Name == "time");
    }

    [Theory]
    [InlineData(90 * 60)]
    [InlineData(1.5)]
    [InlineData(61.25)]
    public void A_time_is_written_as_it_is_read(double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Parse(Duration.Text(TimeSpan.FromSeconds(seconds)), "--time"));

    private static TrainerOptions Apply(TrainerOptions recipe, params string[] arguments)
    {
        var options = new RecipeOptions(recipe);
        var command = new RootCommand();
        options.AddTo(command);
        return options.Apply(command.Parse(arguments), recipe);
    }
}
