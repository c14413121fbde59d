namespace Fovea;

/// <summary>How a detector is served: what a request may cost, and how many may wait.</summary>
/// <remarks>
/// At any time at most <see cref="MaxConcurrency"/> + <see cref="MaxQueue"/> requests are in memory, each with its upload or, after that, with
/// its answer. An upload's buffer is a power of two, of less than twice <see cref="MaxRequestBytes"/> or the least, 64 KiB; while it grows, the
/// half that it was is there, too. An answer is small, but for a drawn picture: a file of at most about three bytes a pixel, until the client
/// has read it. Beside these there are <see cref="MaxConcurrency"/> decoded pictures of <see cref="MaxPixels"/>, at three bytes a pixel; where
/// one is drawn into, twice that and up to three times its file while it is written. Buffers that were given back are kept for the next.
/// </remarks>
public sealed record ServingOptions
{
    // What timers take.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(24);

    /// <summary>Pictures that are decoded and detected in at the same time; 0 (the default): as many as processors, at most 8.</summary>
    public int MaxConcurrency { get; init => field = AtLeast(0, value, nameof(MaxConcurrency)); }

    /// <summary>Requests that upload or wait beside those that are worked at; one more is refused with 503 and <c>Retry-After</c>.</summary>
    public int MaxQueue { get; init => field = AtLeast(0, value, nameof(MaxQueue)); } = 64;

    /// <summary>Bytes of a request's body at the most, with all of its parts; more is refused with 413. The default is 20 MiB.</summary>
    public int MaxRequestBytes { get; init => field = AtLeast(1, value, nameof(MaxRequestBytes)); } = 20 << 20;

    /// <summary>
    /// Width · height of a picture at the most, compared with its header before memory is asked for; more is refused with 413. The default is
    /// 32 Mi, 33.5 megapixels.
    /// </summary>
    public int MaxPixels { get; init => field = AtLeast(1, value, nameof(MaxPixels)); } = 32 << 20;

    /// <summary>
    /// How long a client may take to send a request's body, whose place among <see cref="MaxConcurrency"/> + <see cref="MaxQueue"/> it holds
    /// meanwhile; more is refused with 408. The default is 30 seconds.
    /// </summary>
    public TimeSpan UploadTimeout
    {
        get;
        init => field = value > TimeSpan.Zero && value <= LongestTimeout
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(UploadTimeout), value, $"ServingOptions.{nameof(UploadTimeout)}: expected more than 0 and at most {LongestTimeout.Days} days, found {value}.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>What requests want where they do not say it; null: as declared.</summary>
    public DetectOptions? Detect { get; init; }

    /// <summary>The number that <see cref="MaxConcurrency"/> says.</summary>
    internal int Places => MaxConcurrency > 0 ? MaxConcurrency : Math.Min(Environment.ProcessorCount, 8);

    /// <summary>As a detector takes it, for pictures that it reads itself.</summary>
    internal ImageLimits ImageLimits => new() { MaxPixels = MaxPixels, MaxBytes = MaxRequestBytes };

    private static int AtLeast(int least, int value, string name) => value >= least
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"ServingOptions.{name}: expected at least {least}, found {value}.");
}
