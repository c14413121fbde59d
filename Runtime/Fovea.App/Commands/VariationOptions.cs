using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>How training pictures are varied and chosen, where it is to be other than the recipe says.</summary>
internal sealed class VariationOptions
{
    private readonly Option<Sampling> sampling;
    private readonly Option<double> repeat;
    private readonly Option<bool> noFlip = new("--no-flip")
    {
        Description = "Do not exchange left and right: where classes have a side, or are letters.",
    };

    private readonly Option<double?> flipY = Share(
        "--flip-vertical", "Probability that top and bottom are exchanged, 0 to 1; for cells, aerial pictures.");
    private readonly Option<double?> rotate = Share(
        "--rotate90", "Probability of a turn by quarters, 0 to 1; for pictures without an upright direction.");
    private readonly Option<double?> crop = Share("--crop", "Probability that a part of a picture is shown, 0 to 1.");
    private readonly Option<double?> mosaic = Share("--mosaic", "Probability that parts of four pictures share a canvas, 0 to 1.");
    private readonly Option<double?> mixUp = Share("--mixup", "Probability that another picture is laid over, 0 to 1.");
    private readonly Option<double?> multiScale = Share(
        "--multi-scale", "Greatest change of the canvas from batch to batch, as a share of its sides.");
    private readonly Option<double?> color = Share(
        "--color", "Greatest change of the factors of brightness, contrast and saturation, 0 to 1.");

    private readonly Option<double[]> scale = new("--scale")
    {
        Description = "Least and greatest factor on the fitted size, for example --scale 0.5 1.5 (large-scale jitter: 0.1 2).",
        Arity = new ArgumentArity(0, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    private Option[] All => [sampling, repeat, noFlip, flipY, rotate, crop, scale, multiScale, color, mosaic, mixUp];

    /// <param name="recipe">What holds where an option is not given.</param>
    public VariationOptions(TrainerOptions recipe)
    {
        sampling = new Option<Sampling>("--sampling")
        {
            Description = "How often an epoch shows each picture: once, those of rare classes repeatedly, or each class equally often.",
            DefaultValueFactory = _ => recipe.Sampling,
        };
        repeat = new Option<double>("--repeat-threshold")
        {
            Description = "Of --sampling RepeatFactor: classes that fewer than this share of pictures show are repeated.",
            DefaultValueFactory = _ => recipe.RepeatThreshold,
        };
        var a = recipe.Augmentation;
        flipY.DefaultValueFactory = _ => a.VerticalFlip;
        rotate.DefaultValueFactory = _ => a.Rotate90;
        crop.DefaultValueFactory = _ => a.Crop;
        mosaic.DefaultValueFactory = _ => a.Mosaic;
        mixUp.DefaultValueFactory = _ => a.MixUp;
        multiScale.DefaultValueFactory = _ => a.MultiScale;
        scale.DefaultValueFactory = _ => [a.MinScale, a.MaxScale];

        // One number for three: where the recipe has three, there is no default to show.
        color.DefaultValueFactory = _ => a.Brightness == a.Contrast && a.Contrast == a.Saturation ? a.Brightness : null;
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>Those that are given.</summary>
    public IEnumerable<string> Given(ParseResult parsed) => GivenOptions.Of(parsed, All);

    /// <summary>Those that are given, but for that which decides whether classes are mirrored: reports speak of it.</summary>
    public IEnumerable<string> GivenForPictures(ParseResult parsed) => GivenOptions.Of(parsed, All.Where(o => o != noFlip));

    /// <summary>The recipe with what the options say.</summary>
    public TrainerOptions Apply(ParseResult parsed, TrainerOptions recipe)
    {
        var a = recipe.Augmentation;
        var scales = parsed.GetValue(scale) ?? [];
        if (scales.Length == 1)
        {
            throw new ArgumentException("--scale: expected two numbers, the least and the greatest factor, found one.");
        }

        var jitter = parsed.GetValue(color);
        return recipe with
        {
            Sampling = parsed.GetValue(sampling),
            RepeatThreshold = parsed.GetValue(repeat),
            Augmentation = a with
            {
                HorizontalFlip = parsed.GetValue(noFlip) ? 0 : a.HorizontalFlip,
                VerticalFlip = parsed.GetValue(flipY) ?? a.VerticalFlip,
                Rotate90 = parsed.GetValue(rotate) ?? a.Rotate90,
                Crop = parsed.GetValue(crop) ?? a.Crop,
                MinScale = scales.Length == 2 ? scales[0] : a.MinScale,
                MaxScale = scales.Length == 2 ? scales[1] : a.MaxScale,
                MultiScale = parsed.GetValue(multiScale) ?? a.MultiScale,
                Brightness = jitter ?? a.Brightness,
                Contrast = jitter ?? a.Contrast,
                Saturation = jitter ?? a.Saturation,
                Mosaic = parsed.GetValue(mosaic) ?? a.Mosaic,
                MixUp = parsed.GetValue(mixUp) ?? a.MixUp,
            },
        };
    }

    private static Option<double?> Share(string name, string description) => new(name) { Description = description };
}
