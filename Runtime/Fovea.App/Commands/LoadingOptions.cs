using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>How training pictures are loaded, varied and chosen, where it is to be other than the recipe says.</summary>
internal sealed class LoadingOptions
{
    private readonly Option<int> threads;
    private readonly Option<int> cache;
    private readonly VariationOptions variation;

    /// <param name="recipe">What holds where an option is not given.</param>
    public LoadingOptions(TrainerOptions recipe)
    {
        threads = Threads(recipe.LoaderThreads);
        cache = new Option<int>("--cache")
        {
            Description = "Memory for decoded pictures, in MiB; 0 keeps none.",
            DefaultValueFactory = _ => (int)(recipe.CacheBytes >> 20),
        };
        variation = new VariationOptions(recipe);
    }

    /// <summary><c>--workers</c>, for whatever command reads pictures.</summary>
    public static Option<int> Threads(int usual) => new("--workers")
    {
        Description = "Threads that decode and resize pictures. Batches have the same bits at any number.",
        DefaultValueFactory = _ => usual,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(threads);
        command.Add(cache);
        variation.AddTo(command);
    }

    /// <summary>The recipe with what the options say.</summary>
    public TrainerOptions Apply(ParseResult parsed, TrainerOptions recipe) => variation.Apply(parsed, recipe) with
    {
        LoaderThreads = parsed.GetValue(threads),
        CacheBytes = (long)parsed.GetValue(cache) << 20,
    };
}
