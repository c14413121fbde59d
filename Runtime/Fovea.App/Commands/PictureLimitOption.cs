using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary><c>--megapixels</c>: how large pictures may be.</summary>
internal sealed class PictureLimitOption
{
    private readonly Option<double?> most = new("--megapixels")
    {
        Description = "Refuse pictures of more million pixels before their pixels are read. Default: 67.1.",
        HelpName = "N",
    };

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command)
    {
        most.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double?>() is null or (>= 1e-6 and <= 715)))
            {
                result.AddError("--megapixels: expected more than 0 and at most 715.");
            }
        });
        command.Add(most);
    }

    /// <summary>What was asked for; null where nothing was.</summary>
    public ImageLimits? Of(ParseResult parsed) =>
        parsed.GetValue(most) is { } megapixels ? ImageFile.Limits with { MaxPixels = (long)(megapixels * 1e6) } : null;
}
