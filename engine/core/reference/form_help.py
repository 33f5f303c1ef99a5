"""What the help beside the form editor says of each kind of field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of one kind, in both languages: name, what it does, an example."""

    title: str
    title_zh: str
    text: str
    text_zh: str
    example: str = ""
    example_zh: str = ""


_CHOICE = "Order the options as people think of them, the most frequent first. Beyond about seven, use a list to open."
_CHOICE_ZH = "选项按大家想到的顺序排，最常用的放前面；超过七个左右就用下拉。"
_LOOKED = "People type a few letters and pick one; what is stored is its number, so that later renaming does no harm."
_LOOKED_ZH = "输入几个字即可查到并选中；保存的是编号，以后改名也不受影响。"
_STAYS = "Files stay with the task. On a phone the camera opens; pictures are made smaller before they are sent."
_STAYS_ZH = "文件随任务保存。手机上可直接拍照，照片会先压缩再上传。"

ENTRIES = {
    "form": Entry(
        "The form", "表单",
        "Drag fields from the left, click one to change it. The preview shows the page as colleagues see it; press "
        "a field there to come to it here. Everything is saved by itself and only counts once the change is published.",
        "从左侧拖入字段，点选即可修改。右侧预览就是同事将看到的页面，点预览里的字段也能选中它。所有修改自动保存，发布变更后才生效。",
        "Try it: choose “Check as sent” to see what would be refused.", "点“试提交”，可看到哪些内容会被退回。",
    ),
    "textfield": Entry(
        "Single line of text", "单行文字",
        "For names, numbers and short remarks. Say the greatest length; a pattern can demand a certain form.",
        "用于姓名、编号、简短说明。请设最多字数；可用格式要求固定写法。",
        "Reception number, at most 20 letters.", "受理号，最多 20 个字。",
    ),
    "textarea": Entry(
        "Several lines of text", "多行文字",
        "For descriptions. It normally does not become a value of the case: long texts stay with the task.",
        "用于情况描述。一般不作为流程变量，长文字随任务保存即可。",
        "What was found on site.", "现场查看情况。",
    ),
    "phone": Entry(
        "Telephone number", "电话号码",
        "A phone opens its number pad. A telephone number is personal: leave “becomes a value of the case” off.",
        "手机上会弹出数字键盘。电话属于个人信息，不要勾选“成为流程变量”。",
        "Who can be called at the house.", "现场联系人电话。",
    ),
    "number": Entry(
        "Number", "数字",
        "Say smallest and largest value and the unit; tables and gateways can compare it.",
        "请设最小值、最大值和单位；决策表和网关可以拿它比较。",
        "Workers needed, 1 to 20, persons.", "需要人数，1 到 20，人。",
    ),
    "money": Entry(
        "Amount of money", "金额",
        "A number with two decimal places, in yuan.", "保留两位小数的金额，单位为元。",
        "Repair cost agreed with the owner.", "与业主确认的维修费。",
    ),
    "date": Entry(
        "Date", "日期",
        "Say whether the day has happened or is to come: then slips are refused.",
        "可限定“已经发生”或“将要发生”，选错会被提示。",
        "Day of the visit, to come.", "上门日期，将要发生。",
    ),
    "datetime": Entry(
        "Date and time", "日期和时间",
        "A moment, kept with its time zone. A formula can fill it in.", "精确到分钟的时刻；可用公式给出默认值。",
        "Default =now() for “reached at”.", "“到场时间”默认 =now()。",
    ),
    "time": Entry("Time of day", "时间", "Hour and minute without a day.", "只有时和分，不含日期。"),
    "yesno": Entry(
        "Yes / no", "是／否",
        "Stored is true or false: gateways and conditions can ask for it. Nothing is chosen at the beginning, so that "
        "nobody answers by passing over it.",
        "保存的是“是”或“否”，网关和条件可直接使用。默认不选，避免没看就过。",
        "Is a visit needed?", "是否需要上门？",
    ),
    "radio": Entry(
        "One of a few", "单选（全部列出）", _CHOICE, _CHOICE_ZH, "Result: done, not done.", "结果：完成、未完成。",
    ),
    "select": Entry("One of many", "单选（下拉）", _CHOICE, _CHOICE_ZH, "Channel of the call.", "来电渠道。"),
    "checklist": Entry(
        "Several of a few", "多选",
        "Any number of options may be ticked. Conditions ask whether it contains one of them.",
        "可勾选任意多个；条件中用“包含”判断。",
        "Papers handed over.", "已交付的资料。",
    ),
    "checkbox": Entry(
        "A tick to confirm", "勾选确认",
        "Required means: must be ticked. For a question with two answers use yes / no.",
        "设为必填就是必须勾选。有两种回答的问题请用“是／否”。",
        "I have told the customer the date.", "已告知客户时间。",
    ),
    "user": Entry("Person", "人员", _LOOKED, _LOOKED_ZH, "Who goes along.", "陪同人。"),
    "unit": Entry("House", "房屋", _LOOKED, _LOOKED_ZH, "The house concerned.", "房号。"),
    "department": Entry("Department", "部门", _LOOKED, _LOOKED_ZH, "Responsible department.", "责任部门。"),
    "category": Entry(
        "Category", "类别",
        "Main and sub category: let the second be narrowed by the first.", "大类和小类：小类可“由哪个字段限定”为大类。",
        "Water, then leaking pipe.", "给排水 → 管道渗漏。",
    ),
    "case": Entry("Case", "案件", _LOOKED, _LOOKED_ZH, "Repeats which case?", "与哪个案件重复？"),
    "lookup": Entry(
        "From another list", "其他清单", _LOOKED, _LOOKED_ZH, "Contractor who does the work.", "施工单位。",
    ),
    "photo": Entry("Photos", "照片", _STAYS, _STAYS_ZH, "Before and after.", "维修前后照片。"),
    "file": Entry("Files", "文件", _STAYS, _STAYS_ZH, "The signed contract.", "签好的合同。"),
    "signature": Entry(
        "Signature", "签名",
        "Signed with finger or pen on the screen; without a screen to touch a picture can be taken.",
        "在屏幕上手写签名；不能手写时可上传签名照片。",
        "Signature of the owner.", "业主签字。",
    ),
    "text": Entry(
        "Text to read", "说明文字",
        "Explains or shows values of the case: write {{ name }} where the value belongs.",
        "用于提示，也可显示流程中的值：在需要的位置写 {{ 变量名 }}。",
        "Returned last time: **{{ review_opinion }}**", "上次退回：**{{ review_opinion }}**",
    ),
    "heading": Entry("Heading", "标题", "Parts a long form.", "把较长的表单分成几段。"),
    "separator": Entry("Line", "分隔线", "Parts a long form without words.", "用横线分开不同内容。"),
    "group": Entry(
        "Group of fields", "字段分组",
        "Keeps fields together under a title. A condition on the group holds for all in it; it can be closed at first.",
        "把相关字段放在一个标题下。给分组设条件，里面的字段一起显示或隐藏；也可默认收起。",
        "Questions asked only when the customer was reached.", "接通后才问的问题。",
    ),
    "dynamiclist": Entry(
        "List with rows", "明细列表",
        "The same fields several times. Drag fields into it; say how many rows there must and may be.",
        "同样的字段可填多行。把字段拖进来，并设最少、最多行数。",
        "Workers with name and number.", "施工人员：姓名、证号。",
    ),
}  # fmt: skip
