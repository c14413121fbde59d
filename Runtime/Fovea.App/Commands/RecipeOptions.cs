using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>How long and how fast is learned, where it is to be other than the recipe says: epochs or time, batch, learning rate, its course.</summary>
internal sealed class RecipeOptions
{
    private readonly Option<int> epochs;
    private readonly Option<string?> time;
    private readonly Option<int> batch;
    private readonly Option<double> rate;
    private readonly Option<ulong> seed;
    private readonly Option<double> layerDecay;
    private readonly Option<int> patience;
    private readonly Option<bool> pretrained;
    private readonly Option<double?> backboneRate;

    private readonly Option<int?> rateBatch = new("--lr-batch")
    {
        Description = "The batch size that --lr is meant for; the rate is multiplied by the images of a step divided by this.",
    };

    private readonly Option<Course?> schedule = new("--schedule")
    {
        Description = "Course of the learning rate: falling along a cosine, one cycle up and down, in steps of a tenth after 2/3 and 8/9 of "
            + "the epochs, or constant. Default: the program's.",
    };

    /// <param name="recipe">What holds where an option is not given.</param>
    public RecipeOptions(TrainerOptions recipe)
    {
        epochs = new Option<int>("--epochs") { Description = "Passes over the train split.", DefaultValueFactory = _ => recipe.Epochs };
        time = new Option<string?>("--time")
        {
            Description = "As many epochs as fit into this time, in place of --epochs: 30m, 2h, 1h30m.",
            DefaultValueFactory = _ => recipe.TimeLimit is { } limit ? Duration.Text(limit) : null,
        };
        batch = new Option<int>("--batch")
        {
            Description = "Images in a step; 0: as many as memory holds.",
            DefaultValueFactory = _ => recipe.BatchSize,
        };
        rate = new Option<double>("--lr")
        {
            Description = "Learning rate at its height.",
            DefaultValueFactory = _ => recipe.Optimizer.LearningRate,
        };
        seed = new Option<ulong>("--seed")
        {
            Description = "Decides order and augmentation, and first weights where the program has loaded none.",
            DefaultValueFactory = _ => recipe.Seed,
        };
        layerDecay = new Option<double>("--layer-decay")
        {
            Description = "Each stage of the backbone learns by this factor more slowly than the one behind it; for pretrained weights.",
            DefaultValueFactory = _ => recipe.LayerDecay,
        };
        pretrained = new Option<bool>("--pretrained")
        {
            Description = "Start the backbone from its published weights, which a package of the project brings.",
            DefaultValueFactory = _ => recipe.Pretrained,
        };
        backboneRate = new Option<double?>("--backbone-lr")
        {
            Description = "The backbone's learning rate as a factor of --lr. Default: 0.3 with --pretrained, else 1.",
            DefaultValueFactory = _ => recipe.BackboneRate,
        };
        patience = new Option<int>("--patience")
        {
            Description = "End when so many epochs have passed since the best one; 0: never.",
            DefaultValueFactory = _ => recipe.Patience,
        };
    }

    private enum Course
    {
        Cosine,
        OneCycle,
        Step,
        Constant,
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(epochs);
        command.Add(time);
        command.Add(batch);
        command.Add(rate);
        command.Add(rateBatch);
        command.Add(schedule);
        command.Add(pretrained);
        command.Add(backboneRate);
        command.Add(layerDecay);
        command.Add(patience);
        command.Add(seed);
    }

    /// <summary>Whether <c>--pretrained</c> was given, in place of what the program says.</summary>
    public bool AsksForPretrained(ParseResult parsed) => GivenOptions.Of(parsed, pretrained).Any() && parsed.GetValue(pretrained);

    /// <summary>The recipe with what they say.</summary>
    /// <exception cref="ArgumentException">They contradict each other, or one is out of range.</exception>
    public TrainerOptions Apply(ParseResult parsed, TrainerOptions recipe)
    {
        var isTimed = GivenOptions.Of(parsed, time).Any();
        if (isTimed)
        {
            GivenOptions.Refuse(GivenOptions.Of(parsed, epochs), "--time takes as many epochs as fit. Give one of them.");
        }

        // Epochs that are asked for stand against a time that the program has chosen.
        var limit = isTimed ? Duration.Parse(parsed.GetValue(time)!, time.Name)
            : GivenOptions.Of(parsed, epochs).Any() ? null
            : recipe.TimeLimit;
        var options = recipe with
        {
            Epochs = parsed.GetValue(epochs),
            TimeLimit = limit,
            BatchSize = parsed.GetValue(batch),
            Optimizer = recipe.Optimizer with { LearningRate = parsed.GetValue(rate) },
            RateBatchSize = parsed.GetValue(rateBatch) ?? recipe.RateBatchSize,
            Schedule = parsed.GetValue(schedule) is { } course ? Of(course, parsed.GetValue(epochs), limit) : recipe.Schedule,
            Pretrained = parsed.GetValue(pretrained),
            BackboneRate = parsed.GetValue(backboneRate),
            LayerDecay = parsed.GetValue(layerDecay),
            Patience = parsed.GetValue(patience),
            Seed = parsed.GetValue(seed),
        };
        return options;
    }

    private static LearningRateSchedule Of(Course course, int epochs, TimeSpan? limit) => course switch
    {
        Course.Cosine => new CosineSchedule(),
        Course.OneCycle => new OneCycleSchedule(),
        Course.Step when limit is not null =>
            throw new ArgumentException("--schedule step needs --epochs: where its steps fall cannot be said of --time."),
        Course.Step => new MultiStepSchedule(0.1, epochs * 2 / 3, epochs * 8 / 9),
        _ => LearningRateSchedule.Constant,
    };
}
