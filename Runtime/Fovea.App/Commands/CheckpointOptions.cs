using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>What a run keeps and how it goes on: <c>--resume</c>, <c>--overwrite</c>, <c>--checkpoint-minutes</c>, <c>--checkpoint-steps</c>,
/// <c>--on-divergence</c>.</summary>
internal sealed class CheckpointOptions
{
    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on where the run in the output folder stopped, to the same bits; a finished one with more --epochs.",
    };

    private readonly Option<bool> overwrite = new("--overwrite") { Description = "Replace the run in the output folder." };

    private readonly Option<double> minutes;
    private readonly Option<int> steps;
    private readonly Option<OnDivergence> onDivergence;

    public CheckpointOptions(TrainerOptions recipe)
    {
        minutes = new Option<double>("--checkpoint-minutes")
        {
            Description = "Minutes between two checkpoints, in the middle of an epoch, too; 0: after every step.",
            DefaultValueFactory = _ => recipe.CheckpointInterval.TotalMinutes,
        };
        steps = new Option<int>("--checkpoint-steps")
        {
            Description = "Steps between two checkpoints, whatever the time; 0: time alone decides.",
            DefaultValueFactory = _ => recipe.CheckpointSteps,
        };
        onDivergence = new Option<OnDivergence>("--on-divergence")
        {
            Description = "A loss or gradient that is not finite: stop and say where it came from, skip the batch, or rollback to the last "
                + "checkpoint with half the learning rate.",
            DefaultValueFactory = _ => recipe.OnDivergence,
        };
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(resume);
        command.Add(overwrite);
        command.Add(minutes);
        command.Add(steps);
        command.Add(onDivergence);
    }

    /// <summary>The recipe with what they say.</summary>
    /// <exception cref="ArgumentException">They contradict each other.</exception>
    public TrainerOptions Apply(ParseResult parsed, TrainerOptions recipe, bool hasWeights)
    {
        var (resumes, overwrites, between) = (parsed.GetValue(resume), parsed.GetValue(overwrite), parsed.GetValue(minutes));
        if (resumes && hasWeights)
        {
            throw new ArgumentException("--resume goes on from the output folder's checkpoint, --weights starts from another: give one of them.");
        }

        if (resumes && overwrites)
        {
            throw new ArgumentException("--resume goes on with the output folder's run, --overwrite replaces it: give one of them.");
        }

        if (!(between >= 0 && between < TimeSpan.MaxValue.TotalMinutes))
        {
            throw new ArgumentException(FormattableString.Invariant($"--checkpoint-minutes {between}: expected 0 or more."));
        }

        return recipe with
        {
            Resume = resumes,
            Overwrite = overwrites || (recipe.Overwrite && !resumes),
            CheckpointInterval = TimeSpan.FromMinutes(between),
            CheckpointSteps = parsed.GetValue(steps),
            OnDivergence = parsed.GetValue(onDivergence),
        };
    }
}
