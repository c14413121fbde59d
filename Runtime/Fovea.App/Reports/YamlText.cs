using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fovea.App.Reports;

/// <summary>
/// Writes tables, lists and values as YAML that readers of version 1.1 and 1.2 take alike. Uses the library's emitter alone, not its
/// serialiser.
/// </summary>
internal sealed class YamlText
{
    private static readonly HashSet<string> NotPlain =
        new(StringComparer.OrdinalIgnoreCase) { "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf" };

    private readonly StringBuilder text = new();
    private readonly Emitter emitter;

    /// <summary>A document of one table.</summary>
    public YamlText()
    {
        emitter = new Emitter(new StringWriter(text, CultureInfo.InvariantCulture) { NewLine = "\n" });
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart());
        emitter.Emit(new MappingStart());
    }

    /// <summary>Ends the document.</summary>
    public byte[] Finish()
    {
        emitter.Emit(new MappingEnd());
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A name and a value: a text, a number, a truth value, a list or null.</summary>
    public void Add(string name, object? value)
    {
        Plain(name);
        Value(value);
    }

    /// <summary>A table within.</summary>
    public void Table(string name, Action content)
    {
        Plain(name);
        emitter.Emit(new MappingStart());
        content();
        emitter.Emit(new MappingEnd());
    }

    /// <summary>All public properties of options, with the names that YAML files have: learning_rate.</summary>
    public void Options<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(T options)
        where T : notnull
    {
        foreach (var property in typeof(T).GetProperties())
        {
            // What is called or told is no setting.
            if (property.GetMethod is not { IsPublic: true, IsStatic: false }
                || typeof(Delegate).IsAssignableFrom(property.PropertyType) || property.PropertyType == typeof(IProgress<string>))
            {
                continue;
            }

            Plain(SnakeCase(property.Name));
            Value(property.GetValue(options));
        }
    }

    /// <summary><c>LearningRate</c> as <c>learning_rate</c>.</summary>
    internal static string SnakeCase(string name)
    {
        var snake = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(name[i]));
        }

        return snake.ToString();
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null:
                Plain("null");
                break;
            case bool flag:
                Plain(flag ? "true" : "false");
                break;
            case double or float:
                Plain(Number(((IConvertible)value).ToDouble(CultureInfo.InvariantCulture)));
                break;
            case int or long or uint or ulong or byte:
                Plain(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case Augmentation augmentation:
                Within("", () => Options(augmentation));
                break;
            case AdamW adamW:
                Within(nameof(AdamW), () => Options(adamW));
                break;
            case Adam adam:
                Within(nameof(Adam), () => Options(adam));
                break;
            case Sgd sgd:
                Within(nameof(Sgd), () => Options(sgd));
                break;
            case LoadOptions loading:
                Within("", () => Options(loading));
                break;
            case string word:
                Word(word);
                break;
            case System.Collections.IEnumerable list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Flow));
                foreach (var item in list)
                {
                    Value(item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            default:
                Word(Invariant(value));
                break;
        }
    }

    private void Within(string kind, Action content)
    {
        emitter.Emit(new MappingStart());
        if (kind.Length > 0)
        {
            Add("kind", kind);
        }

        content();
        emitter.Emit(new MappingEnd());
    }

    /// <summary>A number, a constant, or a name of ours.</summary>
    private void Plain(string word) => Scalar(word, ScalarStyle.Plain);

    private void Word(string word) => Scalar(word, NeedsQuotes(word) ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain);

    private void Scalar(string word, ScalarStyle style) =>
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, word, style, isPlainImplicit: true, isQuotedImplicit: true));

    /// <summary>Only what no reader of any version can take for something else stands without quotes.</summary>
    private static bool NeedsQuotes(string word) =>
        word.Length == 0 || !char.IsAsciiLetter(word[0]) || NotPlain.Contains(word)
        || !word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/');

    /// <summary>With a point: "1E-05" is a text to readers of version 1.1.</summary>
    private static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
        }

        var word = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = word.IndexOf('E', StringComparison.Ordinal);
        return exponent < 0 ? word.Contains('.', StringComparison.Ordinal) ? word : word + ".0"
            : word.Contains('.', StringComparison.Ordinal) ? word : word.Insert(exponent, ".0");
    }

    /// <summary>Records print their numbers in the culture of the machine.</summary>
    private static string Invariant(object value)
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            return value.ToString() ?? "";
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
